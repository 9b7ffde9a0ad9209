internal import ArgumentParser
internal import FoundationEssentials
internal import Wire

/// What changed between two looks at the tunnel server.
struct TunnelChange: Codable, Equatable {
    /// `opened` or `closed`.
    let change: String
    /// The connection, as it was last seen.
    let tunnel: AdminTunnel

    /// Connections that are joined now, and those that are no longer.
    static func between(_ before: [AdminTunnel], and after: [AdminTunnel]) -> [TunnelChange] {
        let old = Dictionary(joined(before)) { first, _ in first }
        let new = Dictionary(joined(after)) { first, _ in first }
        let closed = old.values.filter { new[$0.id] == nil }.map { TunnelChange(change: "closed", tunnel: $0) }
        let opened = new.values.filter { old[$0.id] == nil }.map { TunnelChange(change: "opened", tunnel: $0) }
        return (closed + opened).sorted { ($0.tunnel.id, $0.change) < ($1.tunnel.id, $1.change) }
    }

    private static func joined(_ tunnels: [AdminTunnel]) -> [(UInt64, AdminTunnel)] {
        tunnels.filter { $0.joinedAt != nil }.map { ($0.id, $0) }
    }

    /// For people.
    var line: String {
        let user = tunnel.user.isEmpty ? tunnel.address : "\(tunnel.user) (\(tunnel.address))"
        let sums =
            change == "closed"
            ? ", in \(TunnelTable.size(tunnel.bytesIn)), out \(TunnelTable.size(tunnel.bytesOut))" : ""
        return "\(change) \(tunnel.id) \(tunnel.role) \(tunnel.device ?? "-") by \(user)\(sums)"
    }
}

/// Looks at the tunnel server every second until nobody listens any more.
struct TunnelLook {
    let client: AdminClient

    func follow(_ show: (AdminTunnels) throws -> Void) async throws {
        var isSilent = false
        while Terminal.isHeard {
            do {
                try show(try await client.get(AdminTunnels.self, "/tunnels"))
                isSilent = false
            } catch let failure as CommandFailure where failure.code == 69 {
                // A hub that restarts is back in a moment; said once, not every second.
                if !isSilent { Terminal.complain("\(CommandLine.programName): \(failure.line)") }
                isSilent = true
            }
            try await Task.sleep(for: .seconds(1))
        }
    }
}

extension TunnelCommand {
    struct Watch: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows tunnels as they open and close, one line each. Ctrl-C ends it.",
            discussion: "Examples:\n  hubctl tunnel watch\n  hubctl tunnel watch --json")

        @OptionGroup var connection: ConnectionOptions

        func work() async throws {
            var shown: [AdminTunnel] = []
            try await TunnelLook(client: try connection.client()).follow { look in
                for change in TunnelChange.between(shown, and: look.tunnels) {
                    if connection.json { try Output.line(change) } else { Terminal.print(Terminal.plain(change.line)) }
                }
                shown = look.tunnels
            }
        }
    }

    struct Monitor: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows the tunnel server live on the whole terminal; elsewhere and with --json once.",
            discussion: "Examples:\n  hubctl tunnel monitor\n  hubctl tunnel monitor --json")

        @OptionGroup var connection: ConnectionOptions

        func work() async throws {
            let client = try connection.client()
            guard !connection.json, Terminal.isDrawable else {
                let look = try await client.get(AdminTunnels.self, "/tunnels")
                return try Output.show(look, json: connection.json) { Self.page(look) }
            }
            try await TunnelLook(client: client).follow { Terminal.draw(Self.page($0)) }
        }

        private static func page(_ look: AdminTunnels) -> String {
            let counts = Dictionary(grouping: look.tunnels, by: \.role).mapValues(\.count)
            return Output.pairs([
                "servers": "\(counts["server"] ?? 0)", "clients": "\(counts["client"] ?? 0)",
                "rendezvous": "\((counts["joined"] ?? 0) / 2), \(counts["waiting"] ?? 0) waiting",
                "throughput": "\(TunnelTable.size(look.bytesPerSecond))/s",
                "since the start":
                    "\(look.totalConnections) connections, \(look.totalTunnels) tunnels, \(TunnelTable.size(look.totalBytes)), \(look.refused) refused",
            ]) + "\n\n" + TunnelTable.text(look.tunnels)
        }
    }
}
