internal import Encoding
internal import PKI
package import Store
internal import Synchronization

extension Journal {
    /// Writes an audit event in the transaction of the change it tells of.
    ///
    /// - Parameters:
    ///   - detail: more about it, as names and values; never a secret.
    ///   - cause: who can bring it about: beyond ``AuditQuota`` it is counted, and a later line tells the sum.
    ///   - amounts: what such a sum adds up.
    package func audit(
        _ action: String, _ subject: String, by requester: Requester, detail: KeyValuePairs<String, String> = [:],
        cause: AuditCause = .proven, amounts: KeyValuePairs<String, Int> = [:], in db: Database
    ) throws {
        _ = try auditLine(action, subject, by: requester, detail: detail, cause: cause, amounts: amounts, in: db)
    }

    /// The same; answers whether the event has a line of its own, for those who tell others of it as well.
    package func auditLine(
        _ action: String, _ subject: String, by requester: Requester, detail: KeyValuePairs<String, String> = [:],
        cause: AuditCause, amounts: KeyValuePairs<String, Int> = [:], in db: Database
    ) throws -> Bool {
        let time = steady()
        let hasLine = auditQuota.withLock {
            $0.admits(action, subject, by: requester, amounts, cause: cause, now: time)
        }
        if hasLine { try append(action, subject, by: requester, detail: JSONObjectText.encode(detail), in: db) }
        return hasLine
    }

    /// Writes the sums of minutes that are over; called every few seconds, as nothing may happen after a storm.
    ///
    /// - Parameter isLast: whether the hub stops.
    package func writeAuditSums(isLast: Bool = false) async throws {
        let time = steady()
        let sums = auditQuota.withLock { $0.overdue(now: time, isLast: isLast) }
        guard !sums.isEmpty else { return }
        do {
            try await store.write { [self] db in
                for sum in sums {
                    try append(
                        sum.action, sum.shownSubject, by: sum.shownRequester,
                        detail: JSONObjectText.encode(sum.detail), in: db)
                    // Webhooks hear of waiting devices as the trail does. No device has an empty ID.
                    guard sum.action == "device.pending" else { continue }
                    try notify(.pending, "", detail: ["more": "\(sum.count)"], in: db)
                }
            }
        } catch {
            auditQuota.withLock { $0.restore(sums) }
            throw error
        }
    }

    private func append(
        _ action: String, _ subject: String, by requester: Requester, detail: String, in db: Database
    ) throws {
        func append(after tail: AuditTail) throws -> Bool {
            let event = AuditEvent(
                sequence: tail.sequence + 1, at: now(), requester: requester, action: action, subject: subject,
                detail: detail)
            let chain = chain(event, after: tail.chain)
            let next = AuditTail(sequence: event.sequence, chain: chain, seal: seal(event.sequence, chain))
            guard try AuditStore.advance(from: tail, to: next, in: db) else { return false }
            try AuditStore.insert(event, chain: chain, in: db)
            auditTail.set(next)
            return true
        }
        if let tail = auditTail.value, try append(after: tail) { return }
        guard try append(after: try AuditStore.tail(in: db)) else { throw AuditHeadMissing() }
    }

    /// Writes an audit event of something that changes nothing in the store, such as a session on a device.
    package func audit(
        _ action: String, _ subject: String, by requester: Requester, detail: KeyValuePairs<String, String> = [:]
    ) async throws {
        try await store.write { [self] db in try audit(action, subject, by: requester, detail: detail, in: db) }
    }

    /// The newest events before a sequence number, newest first.
    package func auditEvents(before: Int64?, subject: String?, limit: Int) async throws -> [AuditEvent] {
        try await auditPage(AuditQuery(.newestFirst(before: before), subject: subject, limit: limit)).events
    }

    /// Part of the trail.
    package func auditPage(_ query: AuditQuery) async throws -> AuditPage {
        try await store.read { db in try AuditStore.page(query, in: db) }
    }

    /// Number of the last event, inside of a transaction.
    package func lastEvent(in db: Database) throws -> Int64 {
        try AuditStore.head(in: db).sequence
    }

    /// Visits the actions and details of events, oldest first.
    ///
    /// - Parameters:
    ///   - actions: only these.
    ///   - sequence: only events behind this number.
    ///   - span: at most so many events before the end are looked at.
    package func forEachEvent(
        of actions: [String], after sequence: Int64, span: Int64, in db: Database,
        visit: (_ action: String, _ detail: String) -> Void
    ) throws {
        let start = max(sequence, try lastEvent(in: db) - span)
        try AuditStore.visit(actions, after: start, in: db, visit: visit)
    }

    /// Checks the whole trail: no line missing, none altered, none added by another hand.
    package func verifyAudit() async throws -> AuditVerdict {
        try await store.read { [self] db in
            let base = try AuditStore.base(in: db)
            let found = try check(from: base, in: db)
            let (sequence, previous) = (found.sequence, found.chain)
            if let broken = found.broken { return broken }
            let head = try AuditStore.head(in: db)
            let isEmpty = try sequence == 0 && head.sequence == 0 && !hasRecords(in: db)
            guard isEmpty || (head.sequence == sequence && constantTimeEqual(head.seal, seal(sequence, previous)))
            else {
                return .broken(
                    atSequence: min(head.sequence, sequence) + 1,
                    reason: "the trail ends at event \(sequence), its head says otherwise")
            }
            return .intact(events: sequence - base.sequence, after: base.sequence)
        }
    }

    /// Binds the number of the last event to it, so that nobody without the key can cut the trail and mend its head.
    private func seal(_ sequence: Int64, _ chain: [UInt8]) -> [UInt8] {
        HMACSHA256.authenticate(Array("head \(sequence) ".utf8) + chain, key: auditKey.bytes)
    }

    func chain(_ event: AuditEvent, after previous: [UInt8]) -> [UInt8] {
        HMACSHA256.authenticate(event.chained(after: previous), key: auditKey.bytes)
    }
}

/// A JSON object of strings, written in the order given.
enum JSONObjectText {
    static func encode(_ members: some Sequence<(key: String, value: String)>) -> String {
        var writer = JSONWriter(capacity: 128)
        writer.object { writer in
            for (name, value) in members { writer.member(name, value) }
        }
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}
