import CoSigning
import Encoding
import Testing

/// Strict base64url, strict JSON and message ids, by the shared cases.
@Suite struct PrimitiveVectorTests {
    private static func list(_ name: String) -> [JSONValue] {
        (try? Vectors.load("primitives"))?[name]?.array ?? []
    }

    @Test func everyCase_IsRead() {
        #expect(Self.list("base64url").count == 14)
        #expect(Self.list("strict_json").count == 28)
        #expect(Self.list("jti").count == 14)
    }

    @Test(arguments: list("base64url")) func base64URL_IsDecodedOrRefused(_ vector: JSONValue) throws {
        let decoded = Base64URL.decode(try vector.requiredText("in"))
        #expect(decoded.map { Hex.encode($0) } == vector["hex"]?.string)
    }

    @Test(arguments: list("strict_json")) func json_IsReadOrRefused(_ vector: JSONValue) throws {
        let value = StrictJSON.parse(Array(try vector.requiredText("in").utf8))
        #expect((value != nil) == vector["valid"]?.bool)
    }

    @Test(arguments: list("jti")) func id_IsReadOrRefused(_ vector: JSONValue) throws {
        let id = MessageID(try vector.requiredText("in"))
        #expect(id?.time == vector["unix"]?.integer)
        #expect(id.map { $0.isEnd ? "002" : "001" } == vector["version"]?.string)
    }
}
