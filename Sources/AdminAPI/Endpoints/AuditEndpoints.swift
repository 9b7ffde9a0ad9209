/// The audit trail.
package enum AuditEndpoints {
    package static let list = AdminEndpoint<NoParameters, AdminAuditQuery, NoContent, AdminPage<AdminAuditEvent>>(
        .get, "audit")
    package static let verify = AdminEndpoint<NoParameters, NoQuery, NoContent, AdminVerdict>(.get, "audit/verify")
    package static let prune = AdminEndpoint<NoParameters, NoQuery, AdminAuditPrune, AdminAuditPruned>(
        .post, "audit/prune")
}

package struct AdminAuditQuery: PagedQuery {
    /// Only events about this device, certificate, service or user.
    package var subject: String?
    /// Only what begins with this.
    package var action: String?
    /// Only what happened since then: a time, a day or a span.
    package var since: String?
    /// Only events after this number, oldest first; else the newest come first.
    package var newerThan: NumberText<Int64>?
    package var after: String?
    package var limit: NumberText<Int>?

    package static var ownFields: [QueryField<Self>] {
        [
            .text("subject", \.subject), .text("action", \.action), .text("since", \.since),
            .number("newerThan", \.newerThan),
        ]
    }

    package init() {}

    package init(subject: String? = nil, action: String? = nil, since: String? = nil) {
        self.subject = subject
        self.action = action
        self.since = since
    }
}
