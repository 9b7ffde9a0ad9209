import Foundation
import Testing

/// The shared test vectors of the protocol (docs/protocols/idprov.md 12), read by Foundation so that our own reader is
/// not its own witness.
enum Vectors {
    struct Signing: Decodable {
        struct Message: Decodable {
            let deviceID, ip, mac, publicKeyPEM, signature: String
        }
        struct Case: Decodable, CustomTestStringConvertible {
            let name, secret, canonical, signature, wireBody: String
            let message: Message
            var testDescription: String { name }
        }
        let cases: [Case]
    }

    struct Requests: Decodable {
        struct Case: Decodable, CustomTestStringConvertible {
            let name, rawBody: String
            let expectHTTP: Int
            let acceptedReading: String?
            var testDescription: String { name }
        }
        let cases: [Case]
    }

    struct Responses: Decodable {
        struct Case: Decodable, CustomTestStringConvertible {
            let name, rawBody: String
            let canonical: String?
            var testDescription: String { name }
        }
        let cases: [Case]
    }

    struct Directories: Decodable {
        struct Endpoints: Decodable {
            let directory, status, postOobSecret, postProvisionRequest: String
        }
        struct Case: Decodable, CustomTestStringConvertible {
            let name, fetchedFrom, rawBody: String
            let valid: Bool
            let caCertPEM: String?
            let endpoints: Endpoints?
            let services: [String: String]?
            var testDescription: String { name }
        }
        let cases: [Case]
    }

    struct TXT: Decodable {
        struct Case: Decodable, CustomTestStringConvertible {
            let name: String
            let txt: [String]
            let path: String?
            var testDescription: String { name }
        }
        let cases: [Case]
    }

    static func load<Value: Decodable>(_ name: String, as type: Value.Type = Value.self) throws -> Value {
        let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let url = tests.appendingPathComponent("Vectors/idprov/\(name).json")
        return try JSONDecoder().decode(type, from: Data(contentsOf: url))
    }
}
