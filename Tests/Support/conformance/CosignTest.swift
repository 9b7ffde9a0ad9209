import ArgumentParser
import CoSigning
import Encoding
import Foundation
import PKI

/// Vectors of co-signed messages (docs/protocols/cosign.md 11): a request file, one JSON object on standard output,
/// exit code 0 accepted or 2 rejected.
struct CosignTest: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cosign-test", abstract: "Co-signed messages: a device's judgement, the hub's, or a hub to ask.",
        discussion: """
            Examples:
              conformance cosign-test verify request.json
              conformance cosign-test hub request.json
              conformance cosign-test serve project.json < /dev/tty
            """,
        subcommands: [CosignVerify.self, CosignHub.self, CosignServe.self])
}

/// A request file and the answer to it.
struct CosignRequest {
    let members: JSONValue

    /// Messages inside may be larger than a message may be.
    private static let limits = JSONLimits(bytes: 1 << 22, depth: 32, values: 1 << 18)

    init(file: String) throws {
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: file)))
        members = try JSONValue(parsing: bytes, limits: Self.limits)
        guard members.members != nil else { throw ValidationError("the request must be a JSON object") }
    }

    init(_ members: JSONValue) {
        self.members = members
    }

    subscript(name: String) -> JSONValue? {
        members[name].flatMap { $0 == .null ? nil : $0 }
    }

    func text(_ name: String) throws -> String {
        guard let text = self[name]?.string else { throw ValidationError("\(name) is missing") }
        return text
    }

    func optionalInteger(_ name: String) throws -> Int64? {
        guard let value = self[name] else { return nil }
        guard let number = value.integer else { throw ValidationError("\(name) must be a whole number") }
        return number
    }

    func integer(_ name: String) throws -> Int64 {
        guard let number = try optionalInteger(name) else { throw ValidationError("\(name) is missing") }
        return number
    }

    func object(_ name: String) throws -> CosignRequest {
        guard let value = self[name], value.members != nil else { throw ValidationError("\(name) is missing") }
        return CosignRequest(value)
    }

    func texts(_ name: String) throws -> [String] {
        let values = self[name]?.array ?? []
        let texts = values.compactMap(\.string)
        guard texts.count == values.count else { throw ValidationError("\(name) must hold texts") }
        return texts
    }

    /// The message, as text or as raw bytes.
    func message() throws -> [UInt8] {
        if let text = self["message"]?.string { return Array(text.utf8) }
        guard let bytes = Base64.decode(try text("message_b64")) else {
            throw ValidationError("message_b64 is not base64")
        }
        return bytes
    }

    func device() throws -> DeviceDescription {
        let device = try object("device")
        return DeviceDescription(
            id: try device.text("id"), type: try device.text("type"), groups: try device.texts("groups"))
    }

    static func print(_ members: [JSONValue.Member]) {
        FileHandle.standardOutput.write(Data(JSONValue.object(members).encoded() + [0x0A]))
    }
}

/// What a device makes of a message.
struct CosignVerify: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Judge a message as a device does.",
        discussion: "Example:\n  conformance cosign-test verify request.json")

    @Option(help: "Judge it so many times and print the microseconds of processor time each took.") var `repeat` = 0
    @Argument(help: "File with the request.") var file: String

    func run() throws {
        let request = try CosignRequest(file: file)
        guard `repeat` == 0 else {
            let start = clock()
            for _ in 0..<`repeat` { _ = try Self.accept(request) }
            let each = Double(clock() - start) * 1e6 / Double(CLOCKS_PER_SEC) / Double(`repeat`)
            return CosignRequest.print([.init("microseconds", .number("\(Int(each.rounded()))"))])
        }
        do {
            CosignRequest.print([.init("result", .string("accept"))] + (try Self.accept(request)))
        } catch let error as CoSignError {
            CosignRequest.print([
                .init("result", .string("reject")), .init("error", .string(error.name.rawValue)),
                .init("detail", .string(error.detail)),
            ])
            throw ExitCode(2)
        }
    }

    private static func accept(_ request: CosignRequest) throws -> [JSONValue.Member] {
        guard let kind = MessageKind(rawValue: try request.text("kind")) else {
            throw ValidationError("kind must be release, message or keyset")
        }
        guard let state = AcceptanceState(try request.object("state").members) else {
            throw ValidationError("state is not what a device stores")
        }
        let message = try SignedMessage(parsing: try request.message())
        let trust = try TrustedKeys(try request.object("trust").members)
        guard kind != .keyset else {
            let accepted = try KeySet.accept(message, trust: trust, state: state)
            return [
                .init("claims", accepted.claims), .init("state", accepted.state.json),
                .init("trust", accepted.trust.json),
            ]
        }
        let circumstances = Verification.Circumstances(
            device: try request.device(), clock: try request.optionalInteger("now"),
            challenge: request["challenge"]?.string, isOffline: request["offline"]?.bool ?? false)
        let accepted = try Verification(trust: trust, circumstances).accept(message, kind: kind, state: state)
        let action = accepted.action.map { [JSONValue.Member("action", .string($0.rawValue))] } ?? []
        return [.init("claims", accepted.claims.members), .init("state", accepted.state.json)] + action
    }
}
