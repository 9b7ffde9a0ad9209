internal import Encoding
import Foundation
import Testing

@Suite struct JSONValueCodableTests {
    @Test(arguments: [
        "null", "true", "false", "0", "-1", "9223372036854775807", "0.5", #""text""#, "[]", "{}",
        #"{"a":[1,"b",null,{"c":false}],"b":{"":0}}"#,
    ]) func value_SurvivesACoder(_ text: String) throws {
        let value = try JSONValue(parsing: Array(text.utf8))
        let again = try JSONDecoder().decode(JSONValue.self, from: JSONEncoder().encode(value))
        #expect(again == value)
    }

    @Test func numbers_KeepTheirValue() throws {
        let value = try JSONValue(parsing: Array("[1.0, 1e2, 123456789012345678901234567890]".utf8))
        let text = String(decoding: try JSONEncoder().encode(value), as: UTF8.self)
        #expect(text == "[1,100,1.2345678901234568e+29]")
    }

    @Test(arguments: ["1e400", "[-1e999]", #"{"a":1e400}"#])
    func numberBeyondADouble_IsRefused(_ text: String) {
        #expect(throws: (any Error).self) { try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8)) }
    }

    @Test func names_AreSorted() throws {
        let value = try JSONDecoder().decode(JSONValue.self, from: Data(#"{"b":1,"a":2}"#.utf8))
        #expect(value == .object([.init("a", .number("2")), .init("b", .number("1"))]))
    }
}
