internal import AdminAPI
internal import ArgumentParser
internal import Encoding

struct UserTokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token", abstract: "Manage the tokens with which a user's scripts call the management API.",
        subcommands: [Add.self, List.self, Remove.self])

    struct Add: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "Create a token and show it once.",
            discussion: "Example:\n  hubctl user token add alice nightly-build --days 90")

        @OptionGroup var connection: ConnectionOptions
        @Argument(help: "Login name of its owner.") var user: String
        @Argument(help: "Name of the token.") var name: String
        @Option(help: "Lifetime in days, 1 to 365.") var days: Int64 = 365

        func validate() throws {
            guard (1...365).contains(days) else { throw ValidationError("--days is 1 to 365") }
        }

        func work() async throws {
            var wish = AdminUserToken(name: name)
            wish.expiresInSeconds = days * 86_400
            let made = try await connection.client().call(UserTokenEndpoints.add(user, wish))
            try Output.show(made, json: connection.json) {
                Output.pairs(["token": made.token]) + "\nKeep the token now: it is not shown again."
            }
        }
    }

    struct List: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "List a user's tokens, without the tokens themselves.",
            discussion: "Example:\n  hubctl user token list alice")

        @OptionGroup var connection: ConnectionOptions
        @Argument(help: "Login name.") var user: String

        func work() async throws {
            let tokens = try await connection.client().all(UserTokenEndpoints.list(user))
            try Output.show(tokens, json: connection.json) {
                Output.table(
                    ["TOKEN", "NAME", "SINCE", "UNTIL"], tokens.map { [$0.id, $0.name, $0.createdAt, $0.expiresAt] },
                    empty: "no tokens")
            }
        }
    }

    struct Remove: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "Revoke a token.",
            discussion: "Example:\n  hubctl user token remove alice 2b1f6c9e-5d0a-4e53-9a7c-0d6b1c7a2f44")

        @OptionGroup var connection: ConnectionOptions
        @Argument(help: "Login name.") var user: String
        @Argument(help: "ID of the token.") var id: String

        func work() async throws {
            try await connection.client().call(
                UserTokenEndpoints.remove(UserTokenPath(user: user, token: id)))
            try Output.show(["removed": id], json: connection.json) { "token \(id) is revoked" }
        }
    }
}
