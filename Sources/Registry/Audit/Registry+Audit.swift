package import GRDB
internal import PKI
internal import Store
internal import Wire

extension Registry {
    /// Writes an audit event in the transaction of the change it tells of.
    ///
    /// - Parameter detail: more about it, as names and values; never a secret.
    package func audit(
        _ action: String, _ subject: String, by requester: Requester, detail: KeyValuePairs<String, String> = [:],
        in db: Database
    ) throws {
        let detail = JSONObjectText.encode(detail)
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

    /// Checks the whole trail: no line missing, none altered, none added by another hand.
    package func verifyAudit() async throws -> AuditVerdict {
        try await store.read { [self] db in
            var sequence: Int64 = 0
            var previous: [UInt8] = []
            var broken: AuditVerdict?
            try AuditStore.walk(in: db) { event, stored in
                guard event.sequence == sequence + 1 else {
                    broken = .broken(atSequence: sequence + 1, reason: "event \(sequence + 1) is missing")
                    return false
                }
                let expected = chain(event, after: previous)
                guard constantTimeEqual(stored, expected) else {
                    broken = .broken(atSequence: event.sequence, reason: "event \(event.sequence) was altered")
                    return false
                }
                (sequence, previous) = (event.sequence, stored)
                return true
            }
            if let broken { return broken }
            let head = try AuditStore.head(in: db)
            let isEmpty = try sequence == 0 && head.sequence == 0 && !AuditStore.hasRecords(in: db)
            guard isEmpty || (head.sequence == sequence && constantTimeEqual(head.seal, seal(sequence, previous)))
            else {
                return .broken(
                    atSequence: min(head.sequence, sequence) + 1,
                    reason: "the trail ends at event \(sequence), its head says otherwise")
            }
            return .intact(events: sequence)
        }
    }

    /// Binds the number of the last event to it, so that nobody without the key can cut the trail and mend its head.
    private func seal(_ sequence: Int64, _ chain: [UInt8]) -> [UInt8] {
        HMACSHA256.authenticate(Array("head \(sequence) ".utf8) + chain, key: auditKey.bytes)
    }

    private func chain(_ event: AuditEvent, after previous: [UInt8]) -> [UInt8] {
        HMACSHA256.authenticate(event.chained(after: previous), key: auditKey.bytes)
    }
}

/// A JSON object of strings, written in the order given.
enum JSONObjectText {
    static func encode(_ members: KeyValuePairs<String, String>) -> String {
        var writer = JSONWriter(capacity: 128)
        writer.object { writer in
            for (name, value) in members { writer.member(name, value) }
        }
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}
