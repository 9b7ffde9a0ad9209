import Encoding
import Foundation
import Testing

/// One case of Tests/CoSigningTests/Vectors/verify-*.json, as files and options of a command.
struct CoSignVector: Sendable, CustomTestStringConvertible {
    let name: String
    let request: JSONValue
    /// `nil`: accepted; else the error names that are allowed.
    let errors: [String]?
    let action: String?

    var testDescription: String { name }

    static let all: Result<[CoSignVector], any Error> = Result {
        let folder = Program.root + "/Tests/CoSigningTests/Vectors"
        let files = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasPrefix("verify-") }
        return try files.sorted().flatMap { file in
            let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: folder + "/" + file)))
            let document = try JSONValue(
                parsing: bytes, limits: JSONLimits(bytes: 8 << 20, depth: 32, values: 1 << 20))
            return (document["cases"]?.array ?? []).compactMap(CoSignVector.init)
        }
    }

    private init?(_ value: JSONValue) {
        guard let name = value["name"]?.string, let request = value["request"] else { return nil }
        self.name = name
        self.request = request
        errors = value["expect"]?.array?.compactMap(\.string)
        action = value["check"]?["action"]?.string
    }

    /// Raw bytes of the message.
    var message: [UInt8] {
        if let text = request["message"]?.string { return Array(text.utf8) }
        return request["message_b64"]?.string.flatMap { Base64.decode($0) } ?? []
    }

    /// The options of `hubctl cosign verify` besides files.
    var options: [String] {
        var options = ["--kind", request["kind"]?.string ?? ""]
        let device = request["device"] ?? .null
        options += ["--device", device["id"]?.string ?? "", "--type", device["type"]?.string ?? ""]
        options += (device["groups"]?.array ?? []).compactMap(\.string).flatMap { ["--group", $0] }
        options += request["now"]?.integer.map { ["--now", "\($0)"] } ?? ["--no-clock"]
        options += request["challenge"]?.string.map { ["--challenge", $0] } ?? []
        return options + (request["offline"]?.bool == true ? ["--offline"] : [])
    }
}
