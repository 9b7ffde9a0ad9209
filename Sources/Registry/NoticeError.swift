package import Encoding

/// Why a webhook, an alarm or a pairing window was refused.
package enum NoticeError: Error, Equatable, Sendable {
    /// No webhook has that ID.
    case unknownWebhook(String)
    /// URL, events, secret or authority of a webhook can't be used.
    case invalidWebhook(reason: String)
    /// There are as many webhooks as the hub keeps.
    case tooManyWebhooks(limit: Int)
    /// No alarm that stands has that number.
    case unknownAlarm(String)
    /// Length, limit or device type of a pairing window is out of bounds.
    case invalidPairing(reason: String)
    /// No pairing window is open.
    case noPairingWindow
    /// The device has sent as many reports today as it may.
    case tooManyReports
}

extension NoticeError: DomainError {
    package var kind: ErrorKind {
        switch self {
        case .unknownWebhook, .unknownAlarm, .noPairingWindow: .notFound
        case .invalidWebhook, .invalidPairing: .invalid
        case .tooManyWebhooks: .full
        case .tooManyReports: .tooMany
        }
    }

    package var message: String {
        switch self {
        case .unknownWebhook(let id): "no webhook \(id)"
        case .invalidWebhook(let reason), .invalidPairing(let reason): reason
        case .tooManyWebhooks(let limit): "\(limit) webhooks are the most a hub keeps"
        case .unknownAlarm(let id): "no alarm \(id) stands"
        case .noPairingWindow: "no pairing window is open"
        case .tooManyReports: "no more reports today"
        }
    }
}
