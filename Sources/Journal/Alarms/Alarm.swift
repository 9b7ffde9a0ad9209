/// Why an operator should look. The words are interface: commands, metrics and the store have them.
package enum AlarmKind: String, Sendable, CaseIterable {
    /// A device's certificate is about to end and was not renewed; clears with a new one, or when the device is out.
    case certificateExpiring
    /// A device's secret was locked by wrong guesses; clears when the secret is used, replaced or gone.
    case secretLocked
    /// A device met a hub that is not its own; clears after a week without another report.
    case fakeHub
    /// A device came over the link under the ID of another one, with the key of another product or without that
    /// device's own credentials; clears after a week without another attempt.
    case linkConflict
    /// The site's authority ends within half a year; clears with another one.
    case authorityExpiring
    /// The site's authority has ended: nothing is signed, and nobody believes its certificates; clears with another
    /// one.
    case authorityEnded
    /// The hub's clock was set back; clears after a week without another jump.
    case clockSetBack
    /// Messages were dropped because too many waited; clears when the queue is half empty.
    case webhookOverflow
    /// Messages were dropped because a receiver took none for a day; clears when it takes one.
    case webhookFailing

    /// A project's co-signer key can't be opened: nothing is co-signed for it; clears when it can.
    case coSignerMissing
    /// A deployment brings an artifact that no release covers, and waits; clears when one does.
    case releaseMissing

    /// Whether each occurrence is news, so that it is heard again after an earlier one was acknowledged. The others are
    /// states that last: acknowledged once, they stay so until they clear.
    var isIncident: Bool {
        switch self {
        case .secretLocked, .fakeHub, .linkConflict, .clockSetBack: true
        default: false
        }
    }
}

/// One alarm: a kind and what it is about.
package struct Alarm: Sendable, Equatable {
    /// Number to acknowledge it by.
    package let id: Int64
    package let kind: AlarmKind
    /// What it is about: a device ID, a webhook's ID, a name.
    package let subject: String
    /// More, for people; never a secret.
    package let detail: String
    /// Unix seconds.
    package let firstSeen: Int64
    /// Unix seconds.
    package let lastSeen: Int64
    package let count: Int
    /// When an operator took note, Unix seconds.
    package let acknowledgedAt: Int64?
    package let acknowledgedBy: String?
    /// When its cause was gone, Unix seconds.
    package let clearedAt: Int64?
}
