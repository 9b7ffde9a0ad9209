internal import AdminAPI
internal import ArgumentParser
internal import Encoding
internal import Files

struct WebhookCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "webhook", abstract: "Manage webhooks.",
        subcommands: [Add.self, List.self, Remove.self, Test.self])

    struct Add: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "Add a webhook.",
            discussion: """
                Events: pending, approved, refused, revoked, expiring, alarm; all of them by default. Messages are
                signed as in Standard Webhooks. Without --secret-file the hub generates the secret and shows it once.

                Examples:
                  hubctl webhook add https://desk.example/latchkey --event pending --event alarm
                  hubctl webhook add https://192.0.2.5/hook --server-ca desk-ca.pem --secret-file desk.secret
                  hubctl webhook add http://127.0.0.1:8080/hook --allow-http
                """)

        @OptionGroup var connection: ConnectionOptions
        @Argument(help: "URL to call.") var url: String
        @Option(name: .customLong("event"), help: "Event to deliver; may be repeated.") var events: [String] = []
        @Option(help: "File with its secret, whsec_ and base64 of 24 to 64 bytes; - for standard input.")
        var secretFile: String?
        @Option(
            name: .customLong("server-ca"),
            help: "PEM file with the CA its certificate must come from, instead of the system's.")
        var serverAuthority: String?
        @Flag(name: .customLong("allow-http"), help: "Allow plain HTTP, to loopback and private addresses.")
        var allowHTTP = false

        func work() async throws {
            let webhook = try await connection.client().call(
                WebhookEndpoints.add(
                    AdminWebhook(
                        url: url, events: events.isEmpty ? nil : events,
                        secret: try secretFile.map { try SecretSource.file($0) },
                        authorityPEM: try serverAuthority.map { try SecureFile.read($0) }, allowHTTP: allowHTTP)))
            try Output.show(webhook, json: connection.json) {
                Output.pairs([
                    "webhook": webhook.id, "url": webhook.url, "events": (webhook.events ?? []).joined(separator: " "),
                    "secret": webhook.secret,
                ]) + (webhook.secret == nil ? "" : "\nKeep the secret now: it is not shown again.")
            }
        }
    }

    struct List: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "List webhooks and their state.", discussion: "Example:\n  hubctl webhook list")

        @OptionGroup var connection: ConnectionOptions

        func work() async throws {
            let webhooks = try await connection.client().all(WebhookEndpoints.list())
            try Output.show(webhooks, json: connection.json) {
                Output.table(
                    ["WEBHOOK", "URL", "EVENTS", "WAITING", "LAST TAKEN", "NEXT TRY", "LAST ERROR"],
                    webhooks.map { webhook in
                        [
                            webhook.id, webhook.url, webhook.events?.joined(separator: ","),
                            webhook.queued.map(String.init), webhook.lastDelivered, webhook.nextTry, webhook.lastError,
                        ]
                    }, empty: "no webhooks")
            }
        }
    }

    struct Remove: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "Remove a webhook and its queued messages.",
            discussion: "Example:\n  hubctl webhook remove 5f3a90c1d2e4")

        @OptionGroup var connection: ConnectionOptions
        @Argument(help: "ID of the webhook.") var id: String

        func work() async throws {
            try await connection.client().call(WebhookEndpoints.remove(id))
            try Output.show(["removed": id], json: connection.json) { "webhook \(id) is removed" }
        }
    }

    struct Test: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "Send one test message now, bypassing the queue; exits with 1 if it was not accepted.",
            discussion: "Example:\n  hubctl webhook test 5f3a90c1d2e4")

        @OptionGroup var connection: ConnectionOptions
        @Argument(help: "ID of the webhook.") var id: String

        func work() async throws {
            let test = try await connection.client().call(WebhookEndpoints.test(id))
            try Output.show(test, json: connection.json) {
                test.isDelivered ? "\(test.message) was taken" : "\(test.message) was not taken"
            }
            guard test.isDelivered else {
                throw CommandFailure.failed("the receiver failed: \(test.error ?? ""); look at its log")
            }
        }
    }
}
