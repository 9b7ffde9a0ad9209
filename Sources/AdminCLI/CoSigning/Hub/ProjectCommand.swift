internal import AdminAPI
internal import ArgumentParser
internal import CoSigning
internal import Encoding

/// `hubctl cosign project`: projects whose releases a hub co-signs.
struct ProjectCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "project", abstract: "Manage the projects whose releases the hub co-signs.",
        subcommands: [
            ProjectCreateCommand.self, List.self, Show.self, ProjectSetCommand.self, Suspend.self,
            ProjectResumeCommand.self, Trust.self, ProjectCoSignerCommand.self, NextCoSignerCommand.self,
        ])

    struct List: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "List projects.", discussion: "Example:\n  hubctl cosign project list")

        @OptionGroup var connection: ConnectionOptions

        func work() async throws {
            let projects = try await connection.client().all(CoSignEndpoints.projects())
            try Output.show(projects, json: connection.json) {
                Output.table(
                    ["PROJECT", "CO-SIGNING", "APPROVAL", "NEEDS RELEASE", "KEY SET", "DEVICE TYPES"],
                    projects.map { project in
                        [
                            project.id, project.coSigning, project.approval, project.requireRelease ? "yes" : "no",
                            "\(project.trustVersion)", project.deviceTypes.joined(separator: ","),
                        ]
                    }, empty: "no projects; make one with: hubctl cosign project create ID --project-key FILE")
            }
        }
    }

    struct Show: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show a project and its keys.", discussion: "Example:\n  hubctl cosign project show ID")

        @OptionGroup var connection: ConnectionOptions
        @Argument(help: "ID of the project.") var id: String

        func work() async throws {
            let project = try await connection.client().call(CoSignEndpoints.project(id))
            try Output.show(project, json: connection.json) { project.text }
        }
    }

    struct Suspend: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "Stop co-signing for a project, from the next request on.",
            discussion: """
                Devices and servers of the project get no co-signature until it is resumed. Keys and releases stay as
                they are.

                Example:
                  hubctl cosign project suspend ID
                """)

        @OptionGroup var connection: ConnectionOptions
        @Argument(help: "ID of the project.") var id: String

        func work() async throws {
            let project = try await connection.client().call(CoSignEndpoints.suspend(id))
            try Output.show(project, json: connection.json) {
                Terminal.plain("co-signing for \(id) is suspended; resume it with: hubctl cosign project resume \(id)")
            }
        }
    }

    struct Trust: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show the trust store of a project's devices.",
            discussion: """
                Key sets are drafted from it, and bundles are checked against it.

                Examples:
                  hubctl cosign project trust ID
                  hubctl cosign project trust ID --out trust.json
                """)

        @OptionGroup var connection: ConnectionOptions
        @Argument(help: "ID of the project.") var id: String
        @Option(help: "File to write the trust store to.") var out: String?

        func work() async throws {
            let trust = try await connection.client().trust(ofProject: id)
            if let out { try CoSignFiles.write(trust.json.encoded(), to: out) }
            Output.show(exactly: trust.json, json: connection.json) {
                (out.map { "\($0) is written\n" } ?? "") + trust.text
            }
        }
    }
}

extension AdminClient {
    /// The trust store of a project's devices, with its rules checked.
    func trust(ofProject id: String) async throws -> TrustedKeys {
        let bytes = try await call(CoSignEndpoints.trust(id))
        return try CoSignFiles.naming("the hub's trust store") { () throws -> TrustedKeys in
            guard let value = StrictJSON.parse(bytes) else {
                throw CommandFailure.failed("the hub's trust store can't be read")
            }
            return try TrustedKeys(value)
        }
    }
}
