internal import AdminAPI
internal import ArgumentParser
internal import Encoding

/// `hubctl cosign key`: keys that the hub knows.
struct KeyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key", abstract: "List, suspend and revoke the keys of projects at the hub.",
        discussion: """
            A suspended project key signs nothing that the hub accepts, and its releases are not offered, until it is
            activated. A revoked one stays revoked. Devices go on trusting a project key until a key set removes it.
            """,
        subcommands: [List.self, Suspend.self, Activate.self, Revoke.self])

    struct List: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "List keys and their states.",
            discussion: "Examples:\n  hubctl cosign key list\n  hubctl cosign key list --project ID --json")

        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var project: ProjectOption

        func work() async throws {
            let projects = try await project.all(connection.client())
            try KeyCommand.show(projects, role: nil, empty: "no keys", json: connection.json)
        }
    }

    /// Which key is meant.
    struct Target: ParsableArguments {
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var project: ProjectOption
        @Argument(help: "Name of the key.") var kid: String

        func set(_ state: String) async throws {
            let client = try connection.client()
            let project = try await project.find(key: kid, client)
            try await KeyCommand.set(state, kid, project, client, json: connection.json)
        }
    }

    struct Suspend: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "Suspend a key until it is activated.",
            discussion: "Example:\n  hubctl cosign key suspend 5f1c7f60-7a1b-4f0e-9c53-0f0f3a5d7a10")

        @OptionGroup var target: Target

        func work() async throws { try await target.set("suspended") }
    }

    struct Activate: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "Activate a suspended key.",
            discussion: "Example:\n  hubctl cosign key activate 5f1c7f60-7a1b-4f0e-9c53-0f0f3a5d7a10")

        @OptionGroup var target: Target

        func work() async throws { try await target.set("active") }
    }

    struct Revoke: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "Revoke a key permanently.",
            discussion: "Example:\n  hubctl cosign key revoke '5f1c7f60-7a1b-4f0e-9c53-0f0f3a5d7a10#2'")

        @OptionGroup var target: Target

        func work() async throws { try await target.set("revoked") }
    }

    /// Sets the state of a key, and shows it.
    static func set(
        _ state: String, _ kid: String, _ project: AdminProject, _ client: AdminClient, json: Bool
    ) async throws {
        let path = ProjectKeyPath(project: project.id, kid: kid)
        let changed = try await client.call(CoSignEndpoints.setKeyState(path, AdminState(state)))
        try Output.show(changed.key(kid), json: json) {
            Terminal.plain("\(project.key(kid)?.role ?? "key") \(kid) of project \(project.id) is \(state)")
        }
    }

    private struct Listed: Encodable {
        let project: String
        let kid: String
        let role: String
        let state: String
        let pem: String
        let changedAt: Int64
        let changedBy: String
    }

    /// Shows the keys of projects.
    static func show(_ projects: [AdminProject], role: String?, empty: String, json: Bool) throws {
        let keys = projects.flatMap { project in
            project.keys(role).map { key in
                Listed(
                    project: project.id, kid: key.kid, role: key.role, state: key.state, pem: key.pem,
                    changedAt: key.changedAt, changedBy: key.changedBy)
            }
        }
        try Output.show(keys, json: json) {
            Output.table(
                ["KEY", "ROLE", "STATE", "PROJECT", "CHANGED", "BY"],
                keys.map { [$0.kid, $0.role, $0.state, $0.project, LocalTime.text($0.changedAt), $0.changedBy] },
                empty: empty)
        }
    }
}
