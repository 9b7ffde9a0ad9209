import Encoding
import Foundation
import Testing

@testable import Artifact

/// Archives of the real program with its answers, and what a hub must say (Tests/ArtifactTests/Vectors/fwup/README.md).
enum FwupVectors {
    struct Archive: CustomTestStringConvertible, Sendable {
        let file: String
        /// What `expected.json` says of it.
        let expected: JSONValue
        var testDescription: String { file }

        var bytes: [UInt8] { get throws { try FwupVectors.bytes(file) } }

        /// The verdict with these keys.
        func verdict(_ keys: String) -> String? { expected["hub"]?[keys]?.string }
    }

    static let all: [Archive] = {
        guard
            let document = try? JSONValue(
                parsing: bytes("expected.json"), limits: JSONLimits(bytes: 1 << 20, depth: 16, values: 100_000)),
            let archives = document["archives"]?.array
        else { return [] }
        return archives.compactMap { value in
            value["file"]?.string.map { Archive(file: $0, expected: value) }
        }
    }()

    static func bytes(_ file: String) throws -> [UInt8] {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        return [UInt8](try Data(contentsOf: folder.appendingPathComponent("Vectors/fwup/\(file)")))
    }

    static func path(_ file: String) -> String {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Vectors/fwup/\(file)").path
    }

    /// Public keys by their letters.
    static func keys(_ names: String) throws -> [FirmwareKey] {
        let document = try JSONValue(
            parsing: bytes("keys.json"), limits: JSONLimits(bytes: 1 << 16, depth: 8, values: 1000))
        guard names != "none" else { return [] }
        return try names.split(separator: "+").map { name in
            let text = try #require(document[String(name)]?["public"]?.string)
            return try #require(FirmwareKey(reading: Array(text.utf8)))
        }
    }

    /// As the vectors mean it: without a key everything may be unsigned.
    static func trust(_ names: String) throws -> FirmwareTrust {
        FirmwareTrust(keys: try keys(names), allowsUnsigned: names == "none")
    }
}
