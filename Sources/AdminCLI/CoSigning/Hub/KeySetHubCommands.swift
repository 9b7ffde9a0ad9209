internal import AdminAPI
internal import ArgumentParser
internal import CoSigning
internal import Encoding

struct KeySetCoSignCommand: HubCommand {
    static let configuration = CommandConfiguration(
        commandName: "cosign", abstract: "Have the hub sign a key set with its co-signer key.",
        discussion: """
            A project key, or enough recovery keys, must have signed it first. A key set that brings the hub's next key
            is signed with that one, too. The file is replaced unless --out is given.

            Example:
              hubctl cosign keyset cosign keyset-2.json
            """)

    @OptionGroup var connection: ConnectionOptions
    @Argument(help: "The key set, signed by its publisher.") var file: String
    @Option(help: "ID of the project; default: the one in the key set.") var project: String?
    @Option(help: "File to write; default: replace the file.") var out: String?

    private struct Report: Encodable {
        let file: String
        let signedBy: [String]
    }

    func work() async throws {
        let given = try ProjectMessage(file, project: project)
        let answer = try await connection.client().call(
            CoSignEndpoints.signKeySet(given.project, AdminSignedMessage(given.text)))
        let signed = try CoSignFiles.naming("the hub's answer") {
            try SignedMessage(parsing: Array(answer.message.utf8))
        }
        guard signed.isCoSigned(from: given.message) else {
            throw CommandFailure.failed("the hub's answer is another key set; nothing was written")
        }
        try CoSignFiles.write(signed.encoded(), to: out ?? file)
        let report = Report(file: out ?? file, signedBy: signed.entries.map(\.header.kid.text))
        try Output.show(report, json: connection.json) {
            Output.pairs(["key set": report.file, "signed by": report.signedBy.joined(separator: ", ")])
        }
    }
}

extension SignedMessage {
    /// Whether this is a message that was given, with its signatures in their place, and one or two behind them: of the
    /// hub's present key, of its next one, or of both.
    func isCoSigned(from given: SignedMessage) -> Bool {
        isSame(payload, given.payload) && (1...2).contains(entries.count - given.entries.count)
            && zip(entries, given.entries).allSatisfy { entry, before in
                isSame(entry.protected, before.protected) && entry.signature == before.signature
            }
    }
}

struct KeySetPublishCommand: HubCommand {
    static let configuration = CommandConfiguration(
        commandName: "publish", abstract: "Publish the next key set at the hub.",
        discussion: """
            The hub checks it as a device does. Devices fetch it before they ask for a release; a key that it leaves out
            is revoked at the hub at once. Only another key set can undo this.

            Examples:
              hubctl cosign keyset publish keyset-2.json --dry-run
              hubctl cosign keyset publish keyset-2.json
            """)

    @OptionGroup var connection: ConnectionOptions
    @Argument(help: "The signed key set.") var file: String
    @Option(help: "ID of the project; default: the one in the key set.") var project: String?
    @Flag(help: "Only check it against the trust store at the hub, and show the next one.") var dryRun = false

    func work() async throws {
        let given = try ProjectMessage(file, project: project)
        let client = try connection.client()
        guard !dryRun else {
            let trust = try await client.trust(ofProject: given.project)
            let next = try CoSignFiles.naming(file) {
                try KeySet.accept(given.message, trust: trust, state: AcceptanceState())
            }.trust
            return Output.show(exactly: next.json, json: connection.json) { next.text + "\nnothing was changed" }
        }
        let project = try await client.call(
            CoSignEndpoints.publishKeySet(given.project, AdminSignedMessage(given.text)))
        try Output.show(project, json: connection.json) { project.text }
    }
}
