import CoSigning
import Encoding
import PKI

/// A message put together by hand, as a stranger could: nothing of it goes through the code under test but keys.
struct Draft {
    struct Signature {
        var protected: String
        var signature: String
    }

    var payload: String
    var signatures: [Signature] = []

    init(_ claims: JSONValue) {
        payload = Base64URL.encode(claims.encoded())
    }

    init(payload: String) {
        self.payload = payload
    }

    /// A header as the protocol wants it.
    static func header(_ kid: String, _ more: [JSONValue.Member] = []) -> JSONValue {
        .object([.init("typ", "JOSE+JSON"), .init("alg", "ES256"), .init("kid", .string(kid))] + more)
    }

    mutating func sign(_ key: SigningKey, _ header: [UInt8]) throws {
        let protected = Base64URL.encode(header)
        let signature = try key.key.signRaw(Array("\(protected).\(payload)".utf8))
        signatures.append(Signature(protected: protected, signature: Base64URL.encode(signature)))
    }

    mutating func sign(_ key: SigningKey, _ header: JSONValue? = nil) throws {
        try sign(key, (header ?? Self.header(key.kid.text)).encoded())
    }

    mutating func sign(_ parties: Party...) throws {
        for party in parties { try sign(party.signer) }
    }

    /// The signatures as a member of the message.
    var entries: [JSONValue] {
        signatures.map { ["protected": .string($0.protected), "signature": .string($0.signature)] }
    }

    var json: JSONValue { ["payload": .string(payload), "signatures": .array(entries)] }

    var bytes: [UInt8] { json.encoded() }
}

/// The name of the error a piece of work ends with; `nil` when it ends well.
func refusal<Value>(_ work: () throws -> Value) rethrows -> CoSignError.Name? {
    do {
        _ = try work()
        return nil
    } catch let error as CoSignError {
        return error.name
    }
}

/// The same for the hub.
func hubRefusal<Value>(_ work: () throws -> Value) rethrows -> CoSignRefusal? {
    do {
        _ = try work()
        return nil
    } catch let error as CoSignRefusal {
        return error
    }
}
