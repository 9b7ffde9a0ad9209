internal import AdminAPI
internal import ArgumentParser

extension DeviceCommand {
    struct Pending: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show devices that wait for approval, once or live.",
            discussion: """
                With --watch the list is refreshed every second on a terminal. Otherwise there is one line per change,
                with --json one JSON object per line. Ctrl-C ends it.

                Examples:
                  hubctl device pending
                  hubctl device pending --watch
                  hubctl device pending --watch --json
                """)

        @OptionGroup var connection: ConnectionOptions
        @Flag(help: "Keep watching.") var watch = false

        func work() async throws {
            let client = try connection.client()
            let first = try await Self.fetch(client)
            guard watch else {
                return try Output.show(first, json: connection.json) { Self.table(first) }
            }
            try await follow(client, from: first)
        }

        private func follow(_ client: AdminClient, from first: [AdminDevice]) async throws {
            let isDrawing = !connection.json && Terminal.isDrawable
            var shown: [AdminDevice] = []
            var next = first
            var isSilent = false
            while true {
                if isDrawing {
                    Terminal.draw(Self.table(next))
                } else {
                    for change in PendingChange.between(shown, and: next) {
                        if connection.json { try Output.line(change) } else { Terminal.print(change.line) }
                    }
                }
                shown = next
                try await Task.sleep(for: .seconds(1))
                guard Terminal.isHeard else { return }
                do {
                    next = try await Self.fetch(client)
                    isSilent = false
                } catch let failure as CommandFailure where failure.code == 69 {
                    // A hub that restarts is back in a moment; said once, not every second.
                    if !isSilent { Terminal.complain("\(CommandLine.programName): \(failure.line)") }
                    isSilent = true
                }
            }
        }

        private static func fetch(_ client: AdminClient) async throws -> [AdminDevice] {
            try await client.all(DeviceEndpoints.list(query: DeviceQuery(state: "pending")))
        }

        /// How often it asked, and how often another key did in its name.
        private static func asked(_ device: AdminDevice) -> String {
            "\(device.timesAsked ?? 1)" + (device.otherKeys.map { ", another key \($0)" } ?? "")
        }

        private static func table(_ devices: [AdminDevice]) -> String {
            Output.table(
                ["DEVICE", "ADDRESS", "MAC", "FIRST SEEN", "ASKED", "FINGERPRINT"],
                devices.map { device in
                    [
                        device.deviceID, device.address, device.mac, device.firstSeen, asked(device),
                        device.fingerprint.map(Fingerprint.grouped),
                    ]
                }, empty: "no device waits")
        }
    }
}
