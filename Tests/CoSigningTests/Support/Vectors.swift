import Encoding
import Foundation
import Testing

/// The shared vectors of the protocol (docs/protocols/cosign.md 11), in Vectors/.
enum Vectors {
    /// A case of a device or of the hub.
    struct Case: CustomTestStringConvertible, Sendable {
        let name: String
        let request: JSONValue
        /// Names of errors that are right; empty when it is to be accepted.
        let errors: [String]
        /// The whole case, with what a file knows beside.
        let whole: JSONValue
        var testDescription: String { name }
    }

    static func load(_ file: String) throws -> JSONValue {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let data = try Data(contentsOf: folder.appendingPathComponent("Vectors/\(file).json"))
        let limits = JSONLimits(bytes: 1 << 20, depth: 64, values: 100_000)
        return try JSONValue(parsing: [UInt8](data), limits: limits)
    }

    /// The cases of a file; none when it can't be read, which a test that counts them notices.
    static func cases(_ file: String) -> [Case] {
        guard let cases = try? load(file)["cases"]?.array else { return [] }
        return cases.compactMap { value in
            guard let name = value["name"]?.string, let request = value["request"] else { return nil }
            let errors = value["expect"]?.array?.compactMap(\.string) ?? []
            return Case(name: name, request: request, errors: errors, whole: value)
        }
    }
}
