internal import AdminAPI
internal import ArgumentParser
internal import Encoding

struct UserCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "user", abstract: "Manage users.",
        subcommands: [Add.self, List.self, Password.self, Role.self, Remove.self, UserTokenCommand.self])

    static func password(fromStandardInput: Bool) throws -> String {
        try fromStandardInput ? SecretSource.standardInput(content: "password") : SecretSource.newPassword()
    }

    struct Add: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "Create a user.",
            discussion:
                "Examples:\n  hubctl user add alice --role admin\n  hubctl user add bob --role viewer --password-stdin < file"
        )

        @OptionGroup var connection: ConnectionOptions
        @Argument(help: "Login name.") var name: String
        @Option(help: "viewer, operator or admin.") var role = "viewer"
        @Flag(help: "Read the password from standard input.") var passwordStdin = false

        func work() async throws {
            let password = try UserCommand.password(fromStandardInput: passwordStdin)
            let user = try await connection.client().call(
                UserEndpoints.add(AdminUser(name: name, role: role, password: password)))
            try Output.show(user, json: connection.json) { "\(name) is \(role)" }
        }
    }

    struct List: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "List users.", discussion: "Example:\n  hubctl user list")

        @OptionGroup var connection: ConnectionOptions

        func work() async throws {
            let users = try await connection.client().all(UserEndpoints.list())
            try Output.show(users, json: connection.json) {
                Output.table(
                    ["NAME", "ROLE", "SINCE"], users.map { [$0.name, $0.role, $0.createdAt] },
                    empty: "no users; make the first admin with: hubctl user add NAME --role admin")
            }
        }
    }

    struct Password: HubCommand {
        static let configuration = CommandConfiguration(
            commandName: "passwd", abstract: "Set a user's password.",
            discussion: "Example:\n  hubctl user passwd alice")

        @OptionGroup var connection: ConnectionOptions
        @Argument(help: "Login name.") var name: String
        @Flag(help: "Read the password from standard input.") var passwordStdin = false

        func work() async throws {
            let password = try UserCommand.password(fromStandardInput: passwordStdin)
            try await connection.client().call(
                UserEndpoints.setPassword(name, AdminUser(name: name, password: password)))
            try Output.show(["changed": name], json: connection.json) { "\(name) has a new password" }
        }
    }

    struct Role: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "Change a user's role and close sessions opened with the old one.",
            discussion: "Example:\n  hubctl user role bob operator")

        @OptionGroup var connection: ConnectionOptions
        @Argument(help: "Login name.") var name: String
        @Argument(help: "viewer, operator or admin.") var role: String

        func work() async throws {
            try await connection.client().call(UserEndpoints.setRole(name, AdminUser(name: name, role: role)))
            try Output.show(["changed": name, "role": role], json: connection.json) { "\(name) is \(role)" }
        }
    }

    struct Remove: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "Remove a user.", discussion: "Example:\n  hubctl user remove bob")

        @OptionGroup var connection: ConnectionOptions
        @Argument(help: "Login name.") var name: String

        func work() async throws {
            try await connection.client().call(UserEndpoints.remove(name))
            try Output.show(["removed": name], json: connection.json) { "\(name) is removed" }
        }
    }
}
