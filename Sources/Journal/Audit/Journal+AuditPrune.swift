internal import Encoding
internal import PKI
internal import Store

/// What pruning the trail has done.
package struct AuditPruning: Sendable, Equatable {
    package let removed: Int64
    /// Number of the first event that is left.
    package let first: Int64
    /// Whether more events are old enough.
    package let hasMore: Bool

    package init(removed: Int64, first: Int64, hasMore: Bool) {
        self.removed = removed
        self.first = first
        self.hasMore = hasMore
    }
}

/// What a check of part of the trail found.
struct AuditCheck: Sendable {
    /// Number and chain of the last event that was checked.
    var sequence: Int64
    var chain: [UInt8]
    /// Why it ended before its time.
    var broken: AuditVerdict?
}

extension Journal {
    /// Removes events older than a moment from the beginning of the trail, as many as one transaction may take: call it
    /// again while there are more. It stops at the first event that is not older. The trail is whole before and after
    /// each call, whatever happens in between.
    ///
    /// - Parameters:
    ///   - moment: Unix seconds.
    ///   - limit: most events removed by this call.
    /// - Throws: ``JournalError/trailBroken(reason:)``: what would be removed was altered, so it stays as evidence.
    package func pruneAudit(
        before moment: Int64, limit: Int64 = 20_000, by requester: Requester
    ) async throws -> AuditPruning {
        try await store.write { [self] db in
            let base = try AuditStore.base(in: db)
            let last = try AuditStore.lastOlder(than: moment, after: base.sequence, limit: limit, in: db)
            guard last > base.sequence else {
                return AuditPruning(removed: 0, first: base.sequence + 1, hasMore: false)
            }
            let found = try check(from: base, through: last, in: db)
            if case .broken(_, let reason) = found.broken { throw JournalError.trailBroken(reason: reason) }
            let removed = last - base.sequence
            // Written first: what is left always ends with an event.
            try audit(
                "audit.prune", "events \(base.sequence + 1) to \(last)", by: requester,
                detail: ["removed": "\(removed)", "before": RFC3339.text(moment)], in: db)
            try AuditStore.cut(
                at: AuditBase(sequence: last, chain: found.chain, seal: seal(base: last, found.chain)), in: db)
            let next = try AuditStore.lastOlder(than: moment, after: last, limit: 1, in: db)
            return AuditPruning(removed: removed, first: last + 1, hasMore: next > last)
        }
    }

    /// Checks the events behind the beginning of the trail, up to a number or to the end.
    func check(from base: AuditBase, through last: Int64? = nil, in db: Database) throws -> AuditCheck {
        var check = AuditCheck(sequence: base.sequence, chain: base.chain)
        guard
            base.sequence == 0
                ? base.chain.isEmpty : constantTimeEqual(base.seal, seal(base: base.sequence, base.chain))
        else {
            check.broken = .broken(
                atSequence: base.sequence + 1,
                reason: "the beginning of the trail at event \(base.sequence + 1) was moved")
            return check
        }
        try AuditStore.walk(through: last, in: db) { event, stored in
            guard event.sequence == check.sequence + 1 else {
                check.broken = .broken(
                    atSequence: check.sequence + 1, reason: "event \(check.sequence + 1) is missing")
                return false
            }
            guard constantTimeEqual(stored, chain(event, after: check.chain)) else {
                check.broken = .broken(
                    atSequence: event.sequence, reason: "event \(event.sequence) was altered")
                return false
            }
            (check.sequence, check.chain) = (event.sequence, stored)
            return true
        }
        return check
    }

    /// Binds the beginning of the trail to the event before it. Begins with another word than the seal of its end.
    private func seal(base sequence: Int64, _ chain: [UInt8]) -> [UInt8] {
        HMACSHA256.authenticate(Array("base \(sequence) ".utf8) + chain, key: auditKey.bytes)
    }
}
