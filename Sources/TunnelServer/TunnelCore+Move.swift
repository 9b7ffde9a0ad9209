internal import HubHTTP

/// Close reason sent to endpoints that the hub disconnects.
struct TunnelFarewell {
    let reason: String
    let code: TunnelCloseCode

    /// The hub stops, or wants connections to be made anew.
    static let stop = TunnelFarewell(reason: "Stop server", code: .normal)
    /// The other end of a rendezvous is gone.
    static let partnerLeft = TunnelFarewell(reason: "Tunnel client disconnected", code: .unexpected)
    /// The right of one of the ends was revoked.
    static let revoked = TunnelFarewell(
        reason: "The right to use this tunnel was revoked.", code: .unexpected)
    /// The right of one of the ends has expired.
    static let expired = TunnelFarewell(reason: "The right to use this tunnel has ended.", code: .unexpected)
    /// What came can't be passed on unaltered.
    static let notUTF8 = TunnelFarewell(reason: "Invalid UTF-8 code encountered.", code: .notUTF8)
}

/// Ending connections in order: for a stop, for an operator, and because the hub shows another certificate.
extension TunnelCore {
    /// Ends connections, and with each what it is joined with, all with the same words.
    ///
    /// - Parameter isPatient: whether what is queued for a slow end may take its time.
    func end(_ ending: some Sequence<TunnelEnd>, _ words: TunnelFarewell, isPatient: Bool = false) {
        farewell = words
        defer { farewell = nil }
        for end in ending { end.close(words.reason, code: words.code, patience: isPatient ? patience(for: end) : nil) }
    }

    /// Looks whether a listener shows another certificate, and ends this second's share of the connections made under
    /// an earlier one.
    func moveToCertificate() {
        if move.look(certificates()) { onMove(units().count) }
        guard move.isUnderWay else { return }
        let left = units()
        let share = move.share(of: left.count)
        guard share > 0 else { return }
        let first = left.sorted { ($0.rank, $0.end.id) < ($1.rank, $1.end.id) }.prefix(share)
        end(first.map(\.end), .stop, isPatient: true)
    }

    /// What ends together, named by one of its ends.
    private struct Unit {
        let end: TunnelEnd
        let rank: Rank
    }

    /// Who comes first: ends that lose nothing, then tunnels through which nothing goes, then the others.
    private enum Rank: Int, Comparable {
        case unused, idle, busy

        static func < (one: Rank, other: Rank) -> Bool { one.rawValue < other.rawValue }
    }

    /// Seconds without a word from either side after which a tunnel counts as idle.
    private static let idle = 5

    private func units() -> [Unit] {
        ends.values.compactMap(unit)
    }

    /// A server takes its clients with it, a rendezvous is named by the older of its ends when both must go.
    private func unit(_ end: TunnelEnd) -> Unit? {
        guard isOutdated(end) else { return nil }
        switch end.phase {
        case .closing: return nil
        case .connected, .checking, .waiting: return Unit(end: end, rank: .unused)
        case .server:
            return Unit(end: end, rank: end.clients.isEmpty ? .unused : rank([end] + end.clients.values))
        case .client(let server, _): return isOutdated(server) ? nil : Unit(end: end, rank: rank([end]))
        case .tunnel(let partner):
            return isOutdated(partner) && partner.id < end.id ? nil : Unit(end: end, rank: rank([end, partner]))
        }
    }

    private func rank(_ ends: [TunnelEnd]) -> Rank {
        ends.allSatisfy { $0.flow.silence >= Self.idle && !$0.isHeldBack } ? .idle : .busy
    }

    private func isOutdated(_ end: TunnelEnd) -> Bool {
        end.connection.serverCertificate.map(move.isOutdated) ?? false
    }
}
