internal import AdminAPI
internal import ArgumentParser

struct LinkCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "link", abstract: "See which devices are connected, and end their links.",
        subcommands: [List.self, Watch.self, Disconnect.self, LinkKeyCommand.self])

    struct List: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the live links of devices.",
            discussion: """
                A link is a WebSocket that a device keeps open: of mender-connect (mender), or of NervesHubLink and
                programs compatible with it (nerveshub). OFFERS says what can be done over it now; nothing as long as
                the device has not joined.

                Examples:
                  hubctl link list
                  hubctl link list --json
                """)

        @OptionGroup var connection: ConnectionOptions

        func work() async throws {
            let links = try await connection.client().all(LinkEndpoints.list(query: LinkQuery()))
            try Output.show(links, json: connection.json) {
                Output.table(
                    ["DEVICE", "PROTOCOL", "ADDRESS", "SINCE", "OFFERS"],
                    links.map { link in
                        [
                            link.deviceID, link.protocol, link.address, link.since,
                            link.abilities.joined(separator: " "),
                        ]
                    }, empty: "no device is connected")
            }
        }
    }

    struct Disconnect: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "End the links of a device; it may connect again at once.",
            discussion: "Example:\n  hubctl link disconnect lamp-0001")

        @OptionGroup var connection: ConnectionOptions
        @Argument(help: "Device ID.") var id: String

        func work() async throws {
            try await connection.client().call(LinkEndpoints.disconnect(id))
            try Output.show(["disconnected": id], json: connection.json) { "\(id) is disconnected" }
        }
    }

    struct Watch: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show devices as they connect and disconnect, one line each. Ctrl-C ends it.",
            discussion: """
                With --json one JSON object per line.

                Examples:
                  hubctl link watch
                  hubctl link watch --json
                """)

        @OptionGroup var connection: ConnectionOptions

        func work() async throws {
            let client = try connection.client()
            var last = try await client.call(LinkEndpoints.events()).last
            var isSilent = false
            while Terminal.isHeard {
                do {
                    let news = try await client.call(LinkEndpoints.events(query: LinkEventQuery(after: last)))
                    if isSilent { Terminal.complain("\(CommandLine.programName): the hub is back") }
                    isSilent = false
                    // A hub whose clock was set back before it was started again: all of its events are new.
                    if news.last < last {
                        last = 0
                        continue
                    }
                    last = news.last
                    for event in news.events { try show(event) }
                } catch let failure as CommandFailure where failure.code == 69 {
                    // A hub that restarts is back in a moment; said once, not every second.
                    if !isSilent { Terminal.complain("\(CommandLine.programName): waiting, \(failure.line)") }
                    isSilent = true
                }
                try await Task.sleep(for: .seconds(1))
            }
        }

        private func show(_ event: AdminLinkEvent) throws {
            if connection.json { return try Output.line(event) }
            let words = [event.at, event.event, event.deviceID, event.protocol, event.address]
            Terminal.print(words.map(Terminal.plain).joined(separator: "  "))
        }
    }
}
