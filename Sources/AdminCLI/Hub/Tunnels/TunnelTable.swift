internal import AdminAPI

/// Connections of the tunnel server as a table.
enum TunnelTable {
    static func text(_ tunnels: [AdminTunnel]) -> String {
        Output.table(
            ["TUNNEL", "ROLE", "WITH", "DEVICE", "USER", "ADDRESS", "OVER", "SINCE", "IN", "OUT", "NAME"],
            tunnels.map { tunnel in
                [
                    "\(tunnel.id)", tunnel.role, tunnel.partner.map { "\($0)" }, tunnel.device, tunnel.user,
                    tunnel.address, tunnel.transport, tunnel.joinedAt ?? tunnel.connectedAt, size(tunnel.bytesIn),
                    size(tunnel.bytesOut), tunnel.name,
                ]
            }, empty: "no connections")
    }

    /// Bytes in the largest unit that leaves a whole number in front.
    static func size(_ bytes: Int) -> String {
        var value = Double(bytes)
        for unit in ["B", "kB", "MB", "GB"] {
            if value < 1000 { return unit == "B" ? "\(bytes) B" : "\(tenths(value)) \(unit)" }
            value /= 1000
        }
        return "\(tenths(value)) TB"
    }

    private static func tenths(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }
}
