package import HTTPTypes
internal import HubHTTP
internal import Journal

extension NoticeError: PeerFacingError {
    package var status: HTTPResponse.Status {
        switch self {
        case .unknownWebhook, .unknownAlarm, .noPairingWindow: .notFound
        case .invalidWebhook, .invalidPairing: .badRequest
        case .tooManyWebhooks: .conflict
        case .tooManyReports: .tooManyRequests
        }
    }

    package var code: String {
        switch self {
        case .unknownWebhook: "unknownWebhook"
        case .invalidWebhook: "invalidWebhook"
        case .tooManyWebhooks: "tooManyWebhooks"
        case .unknownAlarm: "unknownAlarm"
        case .invalidPairing: "invalidPairing"
        case .noPairingWindow: "noPairingWindow"
        case .tooManyReports: "tooManyReports"
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

    package var hint: String {
        switch self {
        case .unknownWebhook: "list the known ones with: hubctl webhook list"
        case .tooManyWebhooks: "remove one with: hubctl webhook remove ID"
        case .unknownAlarm: "list the ones that stand with: hubctl alarms"
        case .noPairingWindow: "open one with: hubctl pairing open --minutes 10"
        case .invalidWebhook, .invalidPairing, .tooManyReports: ""
        }
    }
}
