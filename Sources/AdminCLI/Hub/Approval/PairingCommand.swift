internal import AdminAPI
internal import ArgumentParser

struct PairingCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pairing", abstract: "Open and close pairing windows, in which unknown devices are recorded.",
        subcommands: [Open.self, Close.self, Show.self])

    static func text(_ pairing: AdminPairing) -> String {
        guard pairing.isOpen else {
            return pairing.isRequired
                ? "no window is open; unknown devices are not recorded"
                : "no window is open; unknown devices are recorded all the same (pairing.windowRequired is false)"
        }
        let used = pairing.used ?? 0
        return Output.pairs([
            "open until": pairing.closesAt, "opened": pairing.openedAt, "by": pairing.openedBy,
            "device type": pairing.deviceType,
            "devices": pairing.limit.map { "\(used) of \($0)" } ?? "\(used)",
            "approves": pairing.approves == true ? "by itself, without a comparison" : "no",
        ])
    }

    struct Open: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "Open a window, replacing one that is open.",
            discussion: """
                While a window is open, unknown devices are recorded and wait for approval. With --approve the first
                ones that ask are approved at once: as no fingerprint is compared, the fastest device on the network
                gets the certificate. Use it only where you trust every connected device.

                Examples:
                  hubctl pairing open --minutes 10
                  hubctl pairing open --minutes 10 --device-type lamp --limit 20
                  hubctl pairing open --minutes 2 --approve
                """)

        @OptionGroup var connection: ConnectionOptions
        @Option(help: "Duration in minutes, 1 to 120.") var minutes: Int
        @Option(help: "Device type for devices first seen in it.") var deviceType: String?
        @Option(help: "Maximum number of devices, 1 to 1000; default with --approve: 1.") var limit: Int?
        @Flag(help: "Approve devices automatically, without comparing fingerprints.") var approve = false

        func validate() throws {
            guard (1...120).contains(minutes) else { throw ValidationError("--minutes must be 1 to 120") }
            guard limit.map({ (1...1000).contains($0) }) ?? true else {
                throw ValidationError("--limit must be 1 to 1000")
            }
        }

        func work() async throws {
            let pairing = try await connection.client().call(
                PairingEndpoints.open(
                    AdminPairingRequest(minutes: minutes, deviceType: deviceType, limit: limit, approve: approve)))
            try Output.show(pairing, json: connection.json) { PairingCommand.text(pairing) }
        }
    }

    struct Close: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "Close the window early.", discussion: "Example:\n  hubctl pairing close")

        @OptionGroup var connection: ConnectionOptions

        func work() async throws {
            let client = try connection.client()
            try await client.call(PairingEndpoints.close())
            let pairing = try await client.call(PairingEndpoints.show())
            try Output.show(pairing, json: connection.json) { "the window is closed" }
        }
    }

    struct Show: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show the open window.", discussion: "Example:\n  hubctl pairing show --json")

        @OptionGroup var connection: ConnectionOptions

        func work() async throws {
            let pairing = try await connection.client().call(PairingEndpoints.show())
            try Output.show(pairing, json: connection.json) { PairingCommand.text(pairing) }
        }
    }
}
