/// One event of the audit trail.
package struct AdminAuditEvent: Codable, Sendable {
    /// Place in the trail.
    package var sequence: Int64
    package var at: String
    package var requester: String
    package var address: String
    package var action: String
    package var subject: String
    package var detail: [String: String]

    package init(
        sequence: Int64, at: String, requester: String, address: String, action: String, subject: String,
        detail: [String: String]
    ) {
        self.sequence = sequence
        self.at = at
        self.requester = requester
        self.address = address
        self.action = action
        self.subject = subject
        self.detail = detail
    }
}

/// Asks to remove old events of the audit trail.
package struct AdminAuditPrune: Codable, Sendable {
    /// Only events older than this: a time, a day or a span.
    package var before: String

    package init(before: String) {
        self.before = before
    }
}

/// What was removed from the audit trail.
package struct AdminAuditPruned: Codable, Sendable {
    package var removed: Int64
    /// Number of the first event that is left.
    package var first: Int64
    /// The moment that was meant, RFC 3339.
    package var before: String
    /// Whether more are old enough: then ask again.
    package var hasMore: Bool

    package init(removed: Int64, first: Int64, before: String, hasMore: Bool) {
        self.removed = removed
        self.first = first
        self.before = before
        self.hasMore = hasMore
    }
}
