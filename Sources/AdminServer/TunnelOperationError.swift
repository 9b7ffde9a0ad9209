package import HTTPTypes
internal import HubHTTP

/// What is wrong with a tunnel somebody wants to open or end. Codes are listed in docs/error-codes.md.
package enum TunnelOperationError: Error, Equatable, Sendable {
    /// No tunnel of that number.
    case unknownTunnel(String)
    /// The hub has no tunnel listeners.
    case switchedOff
    /// The device keeps no connection to the tunnel proxy.
    case deviceNotConnected(String)
}

extension TunnelOperationError: PeerFacingError {
    package var status: HTTPResponse.Status {
        switch self {
        case .unknownTunnel: .notFound
        case .switchedOff, .deviceNotConnected: .conflict
        }
    }

    package var code: String {
        switch self {
        case .unknownTunnel: "unknownTunnel"
        case .switchedOff: "tunnelsOff"
        case .deviceNotConnected: "deviceNotConnected"
        }
    }

    package var message: String {
        switch self {
        case .unknownTunnel(let id): "no tunnel \(id)"
        case .switchedOff: "the tunnel proxy is switched off"
        case .deviceNotConnected(let id): "\(id) keeps no connection to the tunnel proxy"
        }
    }

    package var hint: String {
        switch self {
        case .unknownTunnel: "list the open ones with: hubctl tunnel list"
        case .switchedOff: "set tunnel.enabled and listen.proxyTCP"
        case .deviceNotConnected: "start its agent with: hub-agent run --tunnel-ports 22"
        }
    }
}
