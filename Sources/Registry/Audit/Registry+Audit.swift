package import GRDB
internal import PKI
internal import Store

extension Registry {
    /// Writes an audit event in the transaction of the change it tells of.
    ///
    /// - Parameter detail: more about it, as names and values; never a secret.
    package func audit(
        _ action: String, _ subject: String, by requester: Requester, detail: KeyValuePairs<String, String> = [:],
        in db: Database
    ) throws {
        let head = try AuditStore.head(in: db)
        let event = AuditEvent(
            sequence: head.sequence + 1, at: now(), requester: requester, action: action, subject: subject,
            detail: JSONObjectText.encode(detail))
        try AuditStore.append(event, chain: chain(event, after: head.chain), in: db)
    }

    /// The newest events before a sequence number, newest first.
    package func auditEvents(before: Int64?, subject: String?, limit: Int) async throws -> [AuditEvent] {
        try await store.read { db in
            try AuditStore.page(before: before ?? Int64.max, subject: subject, limit: limit, in: db)
        }
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
            guard head.sequence == sequence, constantTimeEqual(head.chain, previous) else {
                return .broken(
                    atSequence: min(head.sequence, sequence) + 1,
                    reason: "the trail ends at event \(sequence), its head says \(head.sequence)")
            }
            return .intact(events: sequence)
        }
    }

    private func chain(_ event: AuditEvent, after previous: [UInt8]) -> [UInt8] {
        HMACSHA256.authenticate(event.chained(after: previous), key: auditKey.bytes)
    }
}

/// A JSON object of strings, written in the order given: short enough that an encoder would be the larger part of an event's cost.
enum JSONObjectText {
    static func encode(_ members: KeyValuePairs<String, String>) -> String {
        var text = "{"
        for (name, value) in members {
            if text.utf8.count > 1 { text += "," }
            append(name, to: &text)
            text += ":"
            append(value, to: &text)
        }
        return text + "}"
    }

    private static func append(_ value: String, to text: inout String) {
        text += "\""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }
}
