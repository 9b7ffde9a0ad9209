internal import Encoding
internal import Journal
internal import Store

/// Runs of the tunnel server: its connections are counted through all of them, so that a number in the audit trail
/// means one connection.
extension Reach {
    /// Numbers of lost tunnels that their line names.
    private static let namedTunnels = 32

    /// Begins a run. When the last one did not end in order, one line says which tunnels were open.
    ///
    /// - Returns: the number of the run's first connection.
    package func beginTunnelRun() async throws -> UInt64 {
        try await store.write { [self] db in
            let last = try TunnelRunStore.last(in: db)
            var next = last?.next ?? 1
            if last?.isOver != true {
                let (highest, open) = try trail(after: last?.sequence ?? 0, in: db)
                next = max(next, highest + 1)
                if last != nil, !open.isEmpty { try auditLostTunnels(open, in: db) }
            }
            try TunnelRunStore.begin(next: next, sequence: try journal.lastEvent(in: db), in: db)
            return UInt64(clamping: max(1, next))
        }
    }

    /// Ends a run in order.
    ///
    /// - Parameter highest: the highest number that the audit trail names.
    package func endTunnelRun(highest: UInt64) async throws {
        let next = Int64(clamping: highest) == .max ? .max : Int64(highest) + 1
        try await store.write { db in try TunnelRunStore.end(next: next, in: db) }
    }

    /// Lines of the trail that are looked at behind a run that did not end in order.
    private static let span: Int64 = 100_000

    /// What the trail tells about the connections of a run: the highest number, and those whose end it does not tell.
    private func trail(after sequence: Int64, in db: Database) throws -> (highest: Int64, open: [Int64]) {
        var highest: Int64 = 0
        var open: Set<Int64> = []
        let actions = ["tunnel.register", "tunnel.open", "tunnel.close"]
        try journal.forEachEvent(of: actions, after: sequence, span: Self.span, in: db) { action, detail in
            guard let value = try? JSONValue(parsing: Array(detail.utf8)),
                let number = value["tunnel"]?.string.flatMap({ Int64($0) }), (1..<Int64.max).contains(number)
            else { return }
            highest = max(highest, number)
            if action == "tunnel.close" { open.remove(number) } else { open.insert(number) }
        }
        return (highest, open.sorted())
    }

    private func auditLostTunnels(_ open: [Int64], in db: Database) throws {
        try journal.audit(
            "tunnel.lost", "tunnels", by: .hub,
            detail: [
                "reason": "the hub ended without closing them", "count": "\(open.count)",
                "tunnels": open.prefix(Self.namedTunnels).map { "\($0)" }.joined(separator: " "),
            ], in: db)
    }
}
