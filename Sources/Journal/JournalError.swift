package import Encoding

/// Why something about the audit trail, a webhook, an alarm or a report was refused.
package enum JournalError: Error, Equatable, Sendable {
    /// Events of the audit trail were altered or removed, so it can't be pruned.
    case trailBroken(reason: String)
    /// No webhook has that ID.
    case unknownWebhook(String)
    /// URL, events, secret or authority of a webhook can't be used.
    case invalidWebhook(reason: String)
    /// There are as many webhooks as the hub keeps.
    case tooManyWebhooks(limit: Int)
    /// No active alarm has that number.
    case unknownAlarm(String)
    /// The device has sent as many reports today as it may.
    case tooManyReports
}

extension JournalError: DomainError {
    package var kind: ErrorKind {
        switch self {
        case .trailBroken: .conflict
        case .unknownWebhook, .unknownAlarm: .notFound
        case .invalidWebhook: .invalid
        case .tooManyWebhooks: .full
        case .tooManyReports: .tooMany
        }
    }

    package var message: String {
        switch self {
        case .trailBroken(let reason): "nothing more is pruned: \(reason)"
        case .unknownWebhook(let id): "no webhook \(id)"
        case .invalidWebhook(let reason): reason
        case .tooManyWebhooks(let limit): "\(limit) webhooks are the most a hub keeps"
        case .unknownAlarm(let id): "no active alarm \(id)"
        case .tooManyReports: "no more reports today"
        }
    }
}
