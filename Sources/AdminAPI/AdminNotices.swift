/// A webhook to be made, or one that is there.
package struct AdminWebhook: Codable, Sendable {
    /// Its ID; absent on the way to the hub.
    package var id: String?
    /// Where it is called.
    package var url: String
    /// `pending`, `approved`, `refused`, `revoked`, `expiring`, `alarm`; absent on the way to the hub: all.
    package var events: [String]?
    /// `whsec_…`: on the way to the hub a secret of the operator's; on the way back one the hub made, once.
    package var secret: String?
    /// PEM of the authorities its server's certificate must come from; absent: those of the system.
    package var authorityPEM: String?
    /// Whether plain HTTP to a loopback or private address is allowed.
    package var allowHTTP: Bool?
    /// When it was made.
    package var createdAt: String?
    /// Messages that wait for it.
    package var queued: Int?
    /// Tries that failed since the last one that did not.
    package var failures: Int?
    /// When the next try is due, while tries fail.
    package var nextTry: String?
    /// When a message was last taken.
    package var lastDelivered: String?
    /// Why the last try failed.
    package var lastError: String?

    /// A webhook for a URL.
    package init(
        url: String, events: [String]? = nil, secret: String? = nil, authorityPEM: String? = nil, allowHTTP: Bool? = nil
    ) {
        self.url = url
        self.events = events
        self.secret = secret
        self.authorityPEM = authorityPEM
        self.allowHTTP = allowHTTP
    }
}

/// How a receiver took a test message.
package struct AdminWebhookTest: Codable, Sendable {
    /// Whether it took it.
    package var isDelivered: Bool
    /// ID of the message.
    package var message: String
    /// Why it did not; absent when it did.
    package var error: String?

    /// An outcome.
    package init(isDelivered: Bool, message: String, error: String?) {
        self.isDelivered = isDelivered
        self.message = message
        self.error = error
    }
}

package struct AdminAlarm: Codable, Sendable {
    /// Number to acknowledge it by.
    package var id: Int64
    /// `certificateExpiring`, `secretLocked`, `fakeHub`, `linkConflict`, `authorityExpiring`, `authorityEnded`,
    /// `webhookOverflow`, `webhookFailing`.
    package var kind: String
    /// What it is about.
    package var subject: String
    package var detail: String
    /// When it was raised.
    package var firstSeen: String
    /// When it happened last.
    package var lastSeen: String
    package var count: Int
    /// When an operator took note.
    package var acknowledgedAt: String?
    package var acknowledgedBy: String?
    /// When its cause was gone.
    package var clearedAt: String?

    package init(
        id: Int64, kind: String, subject: String, detail: String, firstSeen: String, lastSeen: String, count: Int,
        acknowledgedAt: String?, acknowledgedBy: String?, clearedAt: String?
    ) {
        self.id = id
        self.kind = kind
        self.subject = subject
        self.detail = detail
        self.firstSeen = firstSeen
        self.lastSeen = lastSeen
        self.count = count
        self.acknowledgedAt = acknowledgedAt
        self.acknowledgedBy = acknowledgedBy
        self.clearedAt = clearedAt
    }
}

/// Opens a pairing window.
package struct AdminPairingRequest: Codable, Sendable {
    /// Length, 1 to 120.
    package var minutes: Int
    /// Kind the devices get that are first seen in it.
    package var deviceType: String?
    /// How many devices; absent: one with `approve`, else any number.
    package var limit: Int?
    /// Whether devices that ask are approved without anybody comparing a fingerprint.
    package var approve: Bool?

    package init(minutes: Int, deviceType: String? = nil, limit: Int? = nil, approve: Bool? = nil) {
        self.minutes = minutes
        self.deviceType = deviceType
        self.limit = limit
        self.approve = approve
    }
}

/// Whether a pairing window is open, and which.
package struct AdminPairing: Codable, Sendable {
    /// Whether one is open now; the other members but ``isRequired`` are absent when none is.
    package var isOpen: Bool
    /// Whether unknown devices are recorded only while one is open.
    package var isRequired: Bool
    /// When it was opened.
    package var openedAt: String?
    package var closesAt: String?
    package var openedBy: String?
    /// Kind the devices get that are first seen in it.
    package var deviceType: String?
    package var limit: Int?
    /// How many of them were counted.
    package var used: Int?
    /// Whether devices that ask are approved without anybody comparing a fingerprint.
    package var approves: Bool?

    /// No window.
    package init(isOpen: Bool, isRequired: Bool) {
        self.isOpen = isOpen
        self.isRequired = isRequired
    }
}
