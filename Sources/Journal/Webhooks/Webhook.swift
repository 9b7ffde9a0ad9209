/// A receiver of notifications, as an operator sees it: everything but its secret.
package struct Webhook: Sendable, Equatable {
    /// Twelve hexadecimal digits.
    package let id: String
    /// Where it is called.
    package let url: String
    /// What it is told.
    package let events: [NotificationEvent]
    /// PEM of the authorities its server's certificate must come from; `nil` for those of the system.
    package let authorityPEM: String?
    /// Whether plain HTTP to a loopback or private address is allowed.
    package let allowsHTTP: Bool
    /// Unix seconds.
    package let createdAt: Int64
    /// Messages that wait for it.
    package let queued: Int
    /// Tries that failed since the last one that did not.
    package let failures: Int
    /// Not tried before this Unix second.
    package let notBefore: Int64
    /// When a message was last taken, Unix seconds.
    package let lastDelivered: Int64?
    /// Why the last try failed; `nil` when it did not.
    package let lastError: String?
}

/// A webhook to be made.
package struct NewWebhook: Sendable {
    /// Where it is called: `https://…`, or `http://…` with ``allowsHTTP``.
    package var url: String
    /// What it is told; empty means everything.
    package var events: [NotificationEvent]
    /// `whsec_` and base64 of 24 to 64 bytes; `nil` for a fresh one.
    package var secret: String?
    /// PEM of the authorities its server's certificate must come from; `nil` for those of the system.
    package var authorityPEM: String?
    /// Whether plain HTTP to a loopback or private address is allowed.
    package var allowsHTTP: Bool

    /// A webhook for all events.
    package init(
        url: String, events: [NotificationEvent] = [], secret: String? = nil, authorityPEM: String? = nil,
        allowsHTTP: Bool = false
    ) {
        self.url = url
        self.events = events
        self.secret = secret
        self.authorityPEM = authorityPEM
        self.allowsHTTP = allowsHTTP
    }
}

package enum WebhookLimits {
    /// Webhooks the hub keeps.
    package static let count = 32
    /// Longest URL in bytes.
    package static let urlBytes = 1024
    /// Longest PEM text of authorities in bytes.
    package static let authorityBytes = 32_768
    /// How long a message may wait for a receiver that does not take it, in seconds.
    package static let patienceSeconds: Int64 = 24 * 3600
}
