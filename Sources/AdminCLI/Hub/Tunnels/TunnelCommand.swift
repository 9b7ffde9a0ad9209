internal import AdminAPI
internal import ArgumentParser
internal import Encoding

struct TunnelCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tunnel", abstract: "Open and manage tunnels to devices.",
        subcommands: [
            List.self, Watch.self, Monitor.self, Open.self, Close.self, Drain.self, Token.self, Tokens.self,
            Revoke.self,
        ])

    struct List: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "List connections to the tunnel server.",
            discussion: """
                A server is a device that waits for clients; joined are the two ends of a rendezvous. IN and OUT are
                seen from the hub: received from that end, sent to that end.

                Examples:
                  hubctl tunnel list
                  hubctl tunnel list --device lamp-1 --json
                """)

        @OptionGroup var connection: ConnectionOptions
        @Option(help: "Only those of one device.") var device: String?

        func work() async throws {
            let client = try connection.client()
            try await client.checkDevice(device)
            let tunnels = try await client.call(TunnelEndpoints.list()).tunnels
                .filter { device == nil || $0.device == device }
            try Output.show(tunnels, json: connection.json) { TunnelTable.text(tunnels) }
        }
    }

    struct Close: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "Close a connection and those of its partner or its clients.",
            discussion: "Example:\n  hubctl tunnel close 17")

        @OptionGroup var connection: ConnectionOptions
        @Argument(help: "Number of the connection.") var id: UInt64

        func work() async throws {
            try await connection.client().call(TunnelEndpoints.close(NumberText(id)))
            try Output.show(["closed": id], json: connection.json) { "tunnel \(id) is closed" }
        }
    }

    struct Drain: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "Close all connections gracefully; endpoints may reconnect.",
            discussion: """
                Every endpoint is told that the server stops, and data in flight still arrives. Afterwards all
                connections are new: with the current certificate and the current rights.

                Example:
                  hubctl tunnel drain
                """)

        @OptionGroup var connection: ConnectionOptions

        func work() async throws {
            let result = try await connection.client().call(TunnelEndpoints.drain())
            try Output.show(result, json: connection.json) {
                result.closed == 1 ? "1 connection was ended" : "\(result.closed) connections were ended"
            }
        }
    }

    struct Token: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "Create a token for a device and show it once.",
            discussion: """
                Scopes: rendezvous (two ends with this token meet), client (reaches the device's server), server
                (registers as the device's server). When the token expires or is revoked, its tunnels end.

                Examples:
                  hubctl tunnel token lamp-1 --minutes 30
                  hubctl tunnel token lamp-1 --scope server --minutes 43200 --user "stock server"
                """)

        @OptionGroup var connection: ConnectionOptions
        @Argument(help: "ID of the device.") var device: String
        @Option(help: "Lifetime in minutes, 1 to 43200.") var minutes = 30
        @Option(help: "rendezvous, client or server; may be repeated. Without: rendezvous and client.")
        var scope: [String] = []
        @Option(help: "User it is for; default: you.") var user: String?

        func work() async throws {
            let token = try await connection.client().call(
                TunnelTokenEndpoints.issue(
                    AdminTunnelTokenRequest(
                        device: device, minutes: minutes, scope: scope.isEmpty ? nil : scope, user: user)))
            try Output.show(token, json: connection.json) {
                Output.pairs([
                    "token": token.token, "number": token.id, "device": token.device, "user": token.user,
                    "scope": token.scope.joined(separator: ","), "until": token.expiresAt,
                    "server UUID": token.serverUuid,
                ]) + "\nKeep the token now: it is not shown again."
            }
        }
    }

    struct Tokens: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "List valid tokens.", discussion: "Example:\n  hubctl tunnel tokens --device lamp-1")

        @OptionGroup var connection: ConnectionOptions
        @Option(help: "Only those of one device.") var device: String?

        func work() async throws {
            let client = try connection.client()
            try await client.checkDevice(device)
            let tokens = try await client.all(
                TunnelTokenEndpoints.list(query: TunnelTokenQuery(device: device)))
            try Output.show(tokens, json: connection.json) {
                Output.table(
                    ["NUMBER", "DEVICE", "USER", "SCOPE", "MADE", "UNTIL"],
                    tokens.map {
                        [$0.id, $0.device, $0.user, $0.scope.joined(separator: ","), $0.issuedAt, $0.expiresAt]
                    }, empty: "no tokens")
            }
        }
    }

    struct Revoke: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "Revoke a token; its tunnels end at once.",
            discussion: "Example:\n  hubctl tunnel revoke 5f3a90c1d2e4b7a8")

        @OptionGroup var connection: ConnectionOptions
        @Argument(help: "Number of the token.") var id: String

        func work() async throws {
            try await connection.client().call(TunnelTokenEndpoints.revoke(id))
            try Output.show(["revoked": id], json: connection.json) { "token \(id) is revoked" }
        }
    }
}

extension AdminClient {
    /// Refuses a device that the hub does not know: an empty list would look as if all were well with it.
    fileprivate func checkDevice(_ id: String?) async throws {
        guard let id else { return }
        _ = try await call(DeviceEndpoints.show(id))
    }
}
