package import HTTPTypes
internal import HubHTTP
internal import Reach

extension TunnelTokenError: PeerFacingError {
    package var status: HTTPResponse.Status {
        switch self {
        case .invalidToken: .badRequest
        case .unknownToken: .notFound
        case .tooManyTokens, .deviceNotApproved: .conflict
        }
    }

    package var code: String {
        switch self {
        case .invalidToken: "invalidTunnelToken"
        case .unknownToken: "unknownTunnelToken"
        case .tooManyTokens: "tooManyTunnelTokens"
        case .deviceNotApproved: "deviceNotApproved"
        }
    }

    package var message: String {
        switch self {
        case .invalidToken(let reason): reason
        case .unknownToken(let id): "no tunnel token \(id) counts"
        case .tooManyTokens(let limit): "\(limit) tokens of a device are the most that count"
        case .deviceNotApproved(let id): "\(id) holds no certificate"
        }
    }

    package var hint: String {
        switch self {
        case .invalidToken: ""
        case .unknownToken: "list those that count with: hubctl tunnel tokens"
        case .tooManyTokens: "take one back with: hubctl tunnel revoke ID"
        case .deviceNotApproved(let id): "see why with: hubctl device show \(id)"
        }
    }
}
