/// Which events of the audit trail are asked for.
package struct AuditQuery: Sendable, Equatable {
    /// Where to begin, and in which direction.
    package enum Order: Sendable, Equatable {
        /// From the newest back, or from the one before this number.
        case newestFirst(before: Int64?)
        /// On from this number, as somebody who follows the trail reads.
        case oldestFirst(after: Int64)
    }

    package var order: Order
    /// Only events about this device, certificate, service or user.
    package var subject: String?
    /// Only actions that begin with this: `tunnel`, `device.approve`.
    package var action: String?
    /// Only events of this Unix second or later.
    package var since: Int64?
    /// Most events of a page.
    package var limit: Int

    /// All events in an order.
    package init(
        _ order: Order = .newestFirst(before: nil), subject: String? = nil, action: String? = nil, since: Int64? = nil,
        limit: Int
    ) {
        self.order = order
        self.subject = subject
        self.action = action
        self.since = since
        self.limit = limit
    }
}

/// Part of the audit trail.
package struct AuditPage: Sendable, Equatable {
    /// In the order asked for; there may be none although there are further pages, as a page looks at so many lines
    /// only.
    package let events: [AuditEvent]
    /// The number with which the next page is asked for: newest first `nil` at the end; oldest first always there, for
    /// later.
    package let next: Int64?
}
