/// One thing that happened: who did what to whom, when and from where.
package struct AuditEvent: Sendable, Equatable {
    /// Place in the trail, from 1, without gaps.
    package let sequence: Int64
    /// Unix seconds, UTC.
    package let at: Int64
    package let requester: Requester
    /// What was done, as `noun.verb`: `device.approve`, `secret.add`, `certificate.issue`.
    package let action: String
    /// What it was done to: a device ID, a serial, a user's name.
    package let subject: String
    /// More, as a JSON object of strings; never a secret.
    package let detail: String

    /// The bytes that the chain covers: every field with its length before it, so that no two events share an encoding.
    func chained(after previous: [UInt8]) -> [UInt8] {
        var bytes = previous
        for number in [sequence, at] { append(number, to: &bytes) }
        for text in [requester.name, requester.address, action, subject, detail] {
            append(Int64(text.utf8.count), to: &bytes)
            bytes.append(contentsOf: text.utf8)
        }
        return bytes
    }

    private func append(_ number: Int64, to bytes: inout [UInt8]) {
        for shift in stride(from: 56, through: 0, by: -8) { bytes.append(UInt8(truncatingIfNeeded: number >> shift)) }
    }
}

/// What a check of the trail found.
package enum AuditVerdict: Sendable, Equatable {
    /// Every event is there and as it was written, behind those that were pruned.
    case intact(events: Int64, after: Int64 = 0)
    /// The trail breaks at this event: it, or the one before it, was altered or removed.
    case broken(atSequence: Int64, reason: String)
}
