internal import AdminAPI
internal import ArgumentParser
internal import CoSigning
internal import Encoding
internal import PKI

/// A role of callers, whose keys the hub alone knows.
protocol CallerRole: Sendable {
    /// `server` or `admin`: word of the command and of the API.
    static var word: String { get }
    static var title: String { get }
    static var use: String { get }
}

enum ServerRole: CallerRole {
    static let word = "server"
    static let title = "servers"
    static let use = "uploads the publisher's releases and asks for co-signatures"
}

enum AdminRole: CallerRole {
    static let word = "admin"
    static let title = "administrators"
    static let use = "may revoke servers and devices with the tools of oneID"
}

/// `hubctl cosign server` and `hubctl cosign admin`.
struct CallerCommand<Role: CallerRole>: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: Role.word, abstract: "Manage the \(Role.title) of a project.",
            subcommands: [Add.self, Revoke.self, List.self])
    }

    struct Add: HubCommand {
        static var configuration: CommandConfiguration {
            CommandConfiguration(
                commandName: "add", abstract: "Add a key that \(Role.use).",
                discussion: """
                    The ID is the name of the key, and what is in iss of its tokens. A name is never used again for
                    another key.

                    Example:
                      hubctl cosign \(Role.word) add build-1 server.key.pub --project PROJECT
                    """)
        }

        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var project: ProjectOption
        @Argument(help: "ID, the name of its key.") var id: String
        @Argument(help: "Public key, PEM or JWK.") var file: String

        func work() async throws {
            let kid = try CoSignFiles.kid(id)
            guard let argument = NamedKey(argument: file), argument.kid == nil else {
                throw CommandFailure.usage("\(file) is not the name of a file")
            }
            let key = try argument.read(otherwise: kid)
            guard key.kid == kid else { throw CommandFailure.failed("\(file) is the key \(key.kid), not \(id)") }
            let client = try connection.client()
            let project = try await project.find(client)
            let added = AdminNamedKey(kid: id, pem: key.key.pem(), role: Role.word)
            let changed = try await client.call(CoSignEndpoints.addKey(project.id, added))
            try Output.show(changed.key(id), json: connection.json) {
                Terminal.plain("\(Role.word) \(id) is added to project \(project.id)")
            }
        }
    }

    struct Revoke: HubCommand {
        static var configuration: CommandConfiguration {
            CommandConfiguration(
                commandName: "revoke", abstract: "Revoke one permanently; its next request is refused.",
                discussion: "Example:\n  hubctl cosign \(Role.word) revoke build-1 --project PROJECT")
        }

        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var project: ProjectOption
        @Argument(help: "Its ID.") var id: String

        func work() async throws {
            let client = try connection.client()
            let project = try await project.find(key: id, role: Role.word, client)
            try await KeyCommand.set("revoked", id, project, client, json: connection.json)
        }
    }

    struct List: HubCommand {
        static var configuration: CommandConfiguration {
            CommandConfiguration(
                commandName: "list", abstract: "List them.",
                discussion: "Example:\n  hubctl cosign \(Role.word) list --project PROJECT")
        }

        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var project: ProjectOption

        func work() async throws {
            let projects = try await project.all(connection.client())
            try KeyCommand.show(projects, role: Role.word, empty: "no \(Role.title)", json: connection.json)
        }
    }
}
