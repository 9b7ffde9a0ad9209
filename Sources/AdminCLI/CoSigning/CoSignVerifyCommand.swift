internal import ArgumentParser
internal import CoSigning
internal import Encoding
internal import Glibc

struct CoSignVerifyCommand: HubCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Check a message as a device does. Needs no hub.",
        discussion: """
            The verification is the device's own. Prints accept, or the error name of the protocol and the reason; a
            rejected message gives exit code 1. A release needs the type of the device that would install it.

            Examples:
              hubctl cosign verify --trust trust.json --type rpi4 --device sensor-0001 release-2.json
              hubctl cosign verify --trust trust.json --type rpi4 --group lab --offline --no-clock \\
                  --artifact release-2.mender release-2.mender.release.json
              hubctl cosign verify --trust trust.json --kind keyset keyset-2.json --json
            """)

    @Argument(help: "The message.") var file: String
    @Option(help: "Trust store of the device.") var trust: String
    @Option(help: "release, message or keyset.") var kind = MessageKind.release
    @Option(help: "ID of the device.") var device = ""
    @Option(help: "Type of the device.") var type: String?
    @Option(help: "Group of the device; repeat for several.") var group: [String] = []
    @Option(help: "Time of the device: Unix seconds or RFC 3339; default: now.") var now: Moment?
    @Flag(help: "The device has no clock.") var noClock = false
    @Option(help: "Challenge that the device sent.") var challenge: String?
    @Flag(help: "The message came from a medium, such as a USB stick.") var offline = false
    @Option(help: "JSON file of what the device accepted so far.") var state: String?
    @Option(help: "The release's artifact, to be checked too.") var artifact: String?
    @Flag(help: "Print one JSON document on standard output.") var json = false

    func validate() throws {
        guard kind != .release || type != nil else { throw ValidationError("a release needs --type") }
        guard now == nil || !noClock else { throw ValidationError("--now and --no-clock exclude each other") }
        guard kind == .release || artifact == nil else { throw ValidationError("only a release has an artifact") }
    }

    func work() async throws {
        let state = try storedState()
        do {
            try show(try judge(state))
        } catch let error as CoSignError {
            Output.show(
                exactly: .object([
                    .init("result", .string("reject")), .init("error", .string(error.name.rawValue)),
                    .init("detail", .string(error.detail)),
                ]), json: json
            ) { "reject: \(error.name.rawValue)" }
            throw CommandFailure.failed("\(file) is rejected: \(error)")
        }
    }

    private func judge(_ state: AcceptanceState) throws -> [JSONValue.Member] {
        let message = try SignedMessage(parsing: try CoSignFiles.bytes(file))
        let trust = try TrustedKeys(try CoSignFiles.object(trust))
        guard kind != .keyset else {
            let accepted = try KeySet.accept(message, trust: trust, state: state)
            return [
                .init("claims", accepted.claims), .init("state", accepted.state.json),
                .init("trust", accepted.trust.json),
            ]
        }
        let circumstances = Verification.Circumstances(
            device: DeviceDescription(id: device, type: type ?? "", groups: group),
            clock: noClock ? nil : now?.seconds ?? Int64(time(nil)), challenge: challenge, isOffline: offline)
        let accepted = try Verification(trust: trust, circumstances).accept(message, kind: kind, state: state)
        if let artifact, let release = accepted.claims.release {
            try FileDigest(artifact, isShown: Terminal.isWatched && !json).check(release.artifact)
        }
        var members: [JSONValue.Member] = []
        if let action = accepted.action { members.append(.init("action", .string(action.rawValue))) }
        return members + [.init("claims", accepted.claims.members), .init("state", accepted.state.json)]
    }

    private func show(_ members: [JSONValue.Member]) throws {
        let document = JSONValue.object([.init("result", .string("accept"))] + members)
        Output.show(exactly: document, json: json) {
            ["accept", document["action"]?.string].compactMap { $0 }.joined(separator: ": ")
        }
    }

    private func storedState() throws -> AcceptanceState {
        guard let state else { return AcceptanceState() }
        guard let value = AcceptanceState(try CoSignFiles.object(state)) else {
            throw CommandFailure.failed("\(state) is not a device state; see hubctl cosign verify --json")
        }
        return value
    }
}

extension FileDigest {
    /// - Throws: `bad_artifact` when this is not the release's file.
    func check(_ artifact: ReleaseArtifact) throws(CoSignError) {
        guard size == artifact.size else {
            throw CoSignError(.badArtifact, "the artifact has \(size) bytes, and \(artifact.size) were signed")
        }
        guard sha256.utf8.elementsEqual(artifact.sha256.utf8) else {
            throw CoSignError(.badArtifact, "the SHA-256 of the artifact is not the one that was signed")
        }
    }
}

extension MessageKind: ExpressibleByArgument {}

/// A time on the command line.
struct Moment: ExpressibleByArgument {
    /// Unix seconds.
    let seconds: Int64

    init?(argument: String) {
        guard let seconds = Int64(argument) ?? RFC3339.seconds(Array(argument.utf8)[...]), seconds >= 0 else {
            return nil
        }
        self.seconds = seconds
    }
}
