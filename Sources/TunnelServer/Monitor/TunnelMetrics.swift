internal import Metrics

/// What the tunnel server measures. Labels are words of our own, so nobody can invent series.
struct TunnelMetrics {
    private let connections: [TunnelRecord.Role: Gauge]
    private let tunnels = Counter(label: "latchkey_tunnels_total")
    private let bytes = Counter(label: "latchkey_tunnel_bytes_total")
    private let refused = Counter(label: "latchkey_tunnel_refused_total")
    private var last = TunnelSums.none

    init() {
        let roles: [TunnelRecord.Role] = [.connecting, .waiting, .joined, .server, .client]
        connections = Dictionary(
            uniqueKeysWithValues: roles.map { role in
                (role, Gauge(label: "latchkey_tunnel_connections", dimensions: [("role", role.rawValue)]))
            })
    }

    /// Takes over what happened since the last second.
    mutating func update(_ core: TunnelCore) {
        let sums = TunnelSums(core)
        tunnels.increment(by: sums.tunnels - last.tunnels)
        bytes.increment(by: sums.bytes - last.bytes)
        refused.increment(by: sums.refused - last.refused)
        last = sums
        let counts: [TunnelRecord.Role: Int] = [
            .waiting: core.rendezvous.waitingCount, .joined: core.rendezvous.tunnelCount * 2,
            .server: core.table.serverCount, .client: core.table.clientCount,
        ]
        for (role, gauge) in connections {
            gauge.record(counts[role] ?? core.ends.count - counts.values.reduce(0, +))
        }
    }
}
