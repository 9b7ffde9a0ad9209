internal import AdminAPI
internal import ArgumentParser

extension TunnelCommand {
    struct Watch: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show tunnels as they open and close, one line each. Ctrl-C ends it.",
            discussion: """
                Open tunnels come first (open). The rest are events of the audit trail about tunnels, so none is missed,
                however short, even if the hub could not be reached meanwhile; times are those of this machine's clock.
                IN and OUT are seen from the hub: received from that end, sent to that end. With --json one JSON object
                per line, times in UTC.

                Examples:
                  hubctl tunnel watch
                  hubctl tunnel watch --json
                """)

        @OptionGroup var connection: ConnectionOptions

        func work() async throws {
            try await TunnelFollow(client: try connection.client()).run { lines in
                for line in lines {
                    if connection.json { try Output.line(line) } else { Terminal.print(line.text) }
                }
            }
        }
    }
}

/// Follows the audit trail's lines about tunnels until nobody listens any more.
struct TunnelFollow {
    let client: AdminClient

    func run(_ show: ([TunnelLine]) throws -> Void) async throws {
        // First the place, then the list: what opens in between is in both, and is shown once.
        var place = try await newest()
        let open = try await client.call(TunnelEndpoints.list()).tunnels.filter { $0.joinedAt != nil }
        try show(open.map(TunnelLine.init(open:)))
        var known = Set(open.map(\.id))
        var isSilent = false
        while Terminal.isHeard {
            do {
                let events = try await news(&place)
                if isSilent { Terminal.complain("\(CommandLine.programName): the hub is back") }
                isSilent = false
                try show(events.compactMap(TunnelLine.init).filter { Self.isNew($0, &known) })
            } catch let failure as CommandFailure where failure.code == 69 {
                // A hub that restarts is back in a moment; said once, not every second.
                if !isSilent { Terminal.complain("\(CommandLine.programName): waiting, \(failure.line)") }
                isSilent = true
            }
            try await Task.sleep(for: .seconds(1))
        }
    }

    /// Number of the newest event.
    private func newest() async throws -> Int64 {
        var query = AdminAuditQuery()
        query.limit = NumberText(1)
        let page = try await client.call(AuditEndpoints.list(query: query))
        return page.items.first?.sequence ?? 0
    }

    /// Events after a place, which moves on to where the hub looked; back, when an older state of the hub was restored.
    private func news(_ place: inout Int64) async throws -> [AdminAuditEvent] {
        var events: [AdminAuditEvent] = []
        var query = AdminAuditQuery(action: "tunnel.")
        query.limit = NumberText(AdminEndpoints.pageLimit)
        while true {
            query.newerThan = NumberText(place)
            let page = try await client.call(AuditEndpoints.list(query: query))
            events += page.items
            let next = page.after.flatMap { Int64($0) } ?? place
            defer { place = next }
            guard next > place, events.count < 10 * AdminEndpoints.pageLimit else { return events }
        }
    }

    static func isNew(_ line: TunnelLine, _ known: inout Set<UInt64>) -> Bool {
        guard let tunnel = line.tunnel else { return true }
        if line.change == "closed" { known.remove(tunnel) }
        return line.change != "opened" || known.remove(tunnel) == nil
    }
}
