internal import AdminAPI
internal import ArgumentParser
internal import CoSigning
internal import Encoding

/// `hubctl cosign release`: what publishers released, at the hub.
struct ReleaseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "release", abstract: "Manage the publishers' releases at the hub.",
        subcommands: [Add.self, List.self, Show.self, Approve.self, Withdraw.self])

    struct Add: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "Bring a signed release to the hub.",
            discussion: """
                The message is one that hubctl cosign sign has made; the project key's signature is enough. The artifact
                itself is brought with hubctl artifact upload. With approval manual the release waits for
                hubctl cosign release approve.

                Examples:
                  hubctl cosign release add release-2.json
                  hubctl cosign release add release-2.json --project ID --json
                """)

        @OptionGroup var connection: ConnectionOptions
        @Argument(help: "The signed release.") var file: String
        @Option(help: "ID of the project; default: the one in the release.") var project: String?

        func work() async throws {
            let message = try ProjectMessage(file, project: project)
            let release = try await connection.client().call(
                CoSignEndpoints.addRelease(message.project, AdminSignedMessage(message.text)))
            try Output.show(release, json: connection.json) {
                release.text
                    + Terminal.plain(
                        release.state == "pending"
                            ? "\nit waits; approve it with: hubctl cosign release approve \(release.id)" : "")
            }
        }
    }

    struct List: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "List releases, newest first; at most 1000.",
            discussion: """
                Examples:
                  hubctl cosign release list
                  hubctl cosign release list --project ID --stream os --json
                """)

        @OptionGroup var connection: ConnectionOptions
        @Option(help: "Only those of this project.") var project: String?
        @Option(help: "Only those of this stream.") var stream: String?

        func work() async throws {
            var query = ReleaseQuery()
            (query.project, query.stream) = (project, stream)
            let releases = try await connection.client().call(CoSignEndpoints.releases(query: query)).items
            try Output.show(releases, json: connection.json) {
                releases.table(empty: "no releases; bring one with: hubctl cosign release add FILE")
            }
        }
    }

    struct Show: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show a release.",
            discussion: "Example:\n  hubctl cosign release show 3f0c2b9e-8f2a-4d7e-9a61-5b7d3c1e0f42")

        @OptionGroup var connection: ConnectionOptions
        @Argument(help: "ID of the release.") var id: String

        func work() async throws {
            let release = try await connection.client().call(CoSignEndpoints.release(id))
            try Output.show(release, json: connection.json) { release.text }
        }
    }

    struct Approve: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "Approve a release that waits.",
            discussion: "Example:\n  hubctl cosign release approve 3f0c2b9e-8f2a-4d7e-9a61-5b7d3c1e0f42")

        @OptionGroup var connection: ConnectionOptions
        @Argument(help: "ID of the release.") var id: String

        func work() async throws {
            let release = try await connection.client().call(
                CoSignEndpoints.setReleaseState(id, AdminState("approved")))
            try Output.show(release, json: connection.json) { Terminal.plain("release \(id) is approved") }
        }
    }

    struct Withdraw: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "Withdraw a release permanently; the next device that asks does not get it.",
            discussion: """
                Deployments of its artifact are held. Devices that have it keep it: publish a release with a higher seq.

                Example:
                  hubctl cosign release withdraw 3f0c2b9e-8f2a-4d7e-9a61-5b7d3c1e0f42
                """)

        @OptionGroup var connection: ConnectionOptions
        @Argument(help: "ID of the release.") var id: String

        func work() async throws {
            let release = try await connection.client().call(
                CoSignEndpoints.setReleaseState(id, AdminState("withdrawn")))
            try Output.show(release, json: connection.json) { Terminal.plain("release \(id) is withdrawn") }
        }
    }
}

/// A message on its way to the hub, and the project it is for.
struct ProjectMessage {
    let message: SignedMessage
    let project: String

    /// - Parameter project: the one it must be for; `nil` for the one that it names.
    init(_ file: String, project: String?) throws {
        message = try CoSignFiles.message(file)
        let payload = message.payload
        let named = try CoSignFiles.naming(file) { try Claims.decode(payload) }["project"]?.string
        guard let id = project ?? named else {
            throw CommandFailure.failed("\(file) names no project; sign it with: hubctl cosign sign")
        }
        guard let named, isSame(named, id) else {
            throw CommandFailure.failed("\(file) is for project \(named ?? "none"), not \(id)")
        }
        self.project = id
    }

    var text: String { String(decoding: message.encoded(), as: UTF8.self) }
}
