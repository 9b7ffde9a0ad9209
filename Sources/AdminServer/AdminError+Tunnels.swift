package import HTTPTypes
internal import HubHTTP
internal import Registry

extension TunnelError: PeerFacingError {
    /// See `PeerFacingError`.
    package var status: HTTPResponse.Status {
        switch self {
        case .invalidToken: .badRequest
        case .unknownToken, .unknownTunnel: .notFound
        case .tooManyTokens, .deviceNotApproved, .switchedOff, .deviceNotConnected: .conflict
        }
    }

    /// See `PeerFacingError`.
    package var code: String {
        switch self {
        case .invalidToken: "invalidTunnelToken"
        case .unknownToken: "unknownTunnelToken"
        case .unknownTunnel: "unknownTunnel"
        case .tooManyTokens: "tooManyTunnelTokens"
        case .deviceNotApproved: "deviceNotApproved"
        case .switchedOff: "tunnelsOff"
        case .deviceNotConnected: "deviceNotConnected"
        }
    }

    /// See `PeerFacingError`.
    package var message: String {
        switch self {
        case .invalidToken(let reason): reason
        case .unknownToken(let id): "no tunnel token \(id) counts"
        case .unknownTunnel(let id): "no tunnel \(id)"
        case .tooManyTokens(let limit): "\(limit) tokens of a device are the most that count"
        case .deviceNotApproved(let id): "\(id) holds no certificate"
        case .switchedOff: "the tunnel proxy is switched off"
        case .deviceNotConnected(let id): "\(id) keeps no connection to the tunnel proxy"
        }
    }

    /// See `PeerFacingError`.
    package var hint: String {
        switch self {
        case .invalidToken: ""
        case .unknownToken: "list those that count with: hubctl tunnel tokens"
        case .unknownTunnel: "list the open ones with: hubctl tunnel list"
        case .tooManyTokens: "take one back with: hubctl tunnel revoke ID"
        case .deviceNotApproved(let id): "see why with: hubctl device show \(id)"
        case .switchedOff: "set tunnel.enabled and listen.proxyTCP"
        case .deviceNotConnected: "start its agent with: hub-agent run --tunnel-ports 22"
        }
    }
}
