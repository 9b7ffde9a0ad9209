internal import ArgumentParser
internal import Wire

struct UserCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "user", abstract: "People who log in with a password.",
        subcommands: [Add.self, List.self, Password.self, Role.self, Remove.self, UserTokenCommand.self])

    static func password(fromStandardInput: Bool) throws -> String {
        try fromStandardInput ? SecretSource.standardInput() : SecretSource.newPassword()
    }

    struct Add: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes a user.",
            discussion:
                "Examples:\n  hubctl user add alice --role admin\n  hubctl user add bob --role viewer --password-stdin < file"
        )

        @OptionGroup var connection: ConnectionOptions
        @Argument(help: "Login name.") var name: String
        @Option(help: "viewer, operator or admin.") var role = "viewer"
        @Flag(help: "Read the password from standard input.") var passwordStdin = false

        func work() async throws {
            let password = try UserCommand.password(fromStandardInput: passwordStdin)
            let user = try await connection.client().post(
                AdminUser.self, "/users", AdminUser(name: name, role: role, password: password))
            try Output.show(user, json: connection.json) { "\(name) is \(role)" }
        }
    }

    struct List: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists users.", discussion: "Example:\n  hubctl user list")

        @OptionGroup var connection: ConnectionOptions

        func work() async throws {
            let users = try await connection.client().all(AdminUser.self, "/users")
            try Output.show(users, json: connection.json) {
                Output.table(
                    ["NAME", "ROLE", "SINCE"], users.map { [$0.name, $0.role, $0.createdAt] },
                    empty: "no users; make the first admin with: hubctl user add NAME --role admin")
            }
        }
    }

    struct Password: HubCommand {
        static let configuration = CommandConfiguration(
            commandName: "passwd", abstract: "Gives a user a new password.",
            discussion: "Example:\n  hubctl user passwd alice")

        @OptionGroup var connection: ConnectionOptions
        @Argument(help: "Login name.") var name: String
        @Flag(help: "Read the password from standard input.") var passwordStdin = false

        func work() async throws {
            let password = try UserCommand.password(fromStandardInput: passwordStdin)
            try await connection.client().send(
                "POST", "/users/\(PercentEncoding.encode(name))/password",
                body: AdminUser(name: name, password: password))
            try Output.show(["changed": name], json: connection.json) { "\(name) has a new password" }
        }
    }

    struct Role: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "Gives a user another role, and ends what is open in the old one.",
            discussion: "Example:\n  hubctl user role bob operator")

        @OptionGroup var connection: ConnectionOptions
        @Argument(help: "Login name.") var name: String
        @Argument(help: "viewer, operator or admin.") var role: String

        func work() async throws {
            try await connection.client().send(
                "POST", "/users/\(PercentEncoding.encode(name))/role", body: AdminUser(name: name, role: role))
            try Output.show(["changed": name, "role": role], json: connection.json) { "\(name) is \(role)" }
        }
    }

    struct Remove: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "Removes a user.", discussion: "Example:\n  hubctl user remove bob")

        @OptionGroup var connection: ConnectionOptions
        @Argument(help: "Login name.") var name: String

        func work() async throws {
            try await connection.client().send("DELETE", "/users/" + PercentEncoding.encode(name))
            try Output.show(["removed": name], json: connection.json) { "\(name) is removed" }
        }
    }
}

struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "Who did what, when and from where.", subcommands: [List.self, Verify.self])

    struct List: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists events, newest first.",
            discussion: """
                --action takes the beginning of what was done: tunnel, device.approve. --since takes a time (2027-01-31T12:00:00Z), a day
                (2027-01-31, UTC) or a span before now (15m, 12h, 30d).

                Examples:
                  hubctl audit list --subject lamp-0001 --limit 20
                  hubctl audit list --action tunnel --since 15m --json
                """)

        @OptionGroup var connection: ConnectionOptions
        @Option(help: "Only events about this device, certificate, service or user.") var subject: String?
        @Option(help: "Only what begins with this: a noun, or noun and verb.") var action: String?
        @Option(help: "Only what happened since then.") var since: String?
        @Option(help: "At most this many.") var limit = 100

        func work() async throws {
            let query = ["subject": subject, "action": action, "since": since].compactMapValues(\.self)
            let events = try await connection.client().all(AdminAuditEvent.self, "/audit", query, limit: max(1, limit))
            try Output.show(events, json: connection.json) {
                Output.table(
                    ["NUMBER", "AT", "WHO", "FROM", "WHAT", "TO WHOM", "MORE"],
                    events.map {
                        [
                            "\($0.sequence)", $0.at, $0.requester, $0.address, $0.action, $0.subject,
                            $0.detail.filter { !$0.value.isEmpty }.sorted { $0.key < $1.key }.map {
                                "\($0.key)=\($0.value)"
                            }
                            .joined(separator: " "),
                        ]
                    },
                    empty: "no events")
            }
        }
    }

    struct Verify: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "Checks that no event was altered or removed; ends with 1 when one was.",
            discussion: "Example:\n  hubctl audit verify")

        @OptionGroup var connection: ConnectionOptions

        func work() async throws {
            let verdict = try await connection.client().get(AdminVerdict.self, "/audit/verify")
            try Output.show(verdict, json: connection.json) { verdict.findings.joined(separator: "\n") }
            guard verdict.isGood else {
                throw CommandFailure.failed(
                    "the audit trail is not intact; keep a copy of the state folder and look who had access")
            }
        }
    }
}
