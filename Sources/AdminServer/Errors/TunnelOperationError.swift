package import Encoding

/// What is wrong with a tunnel somebody wants to open or end.
package enum TunnelOperationError: DomainError, Equatable {
    /// No tunnel of that number.
    case unknownTunnel(String)
    /// The hub has no tunnel listeners.
    case switchedOff
    /// The device keeps no connection to the tunnel proxy.
    case deviceNotConnected(String)

    package var kind: ErrorKind {
        switch self {
        case .unknownTunnel: .notFound
        case .switchedOff, .deviceNotConnected: .unavailable
        }
    }

    package var message: String {
        switch self {
        case .unknownTunnel(let id): "no tunnel \(id)"
        case .switchedOff: "the tunnel proxy is switched off"
        case .deviceNotConnected(let id): "\(id) keeps no connection to the tunnel proxy"
        }
    }
}
