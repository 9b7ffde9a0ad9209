package import Encoding

/// Why administration refuses something that no room below it refuses by itself.
package enum AdministrationError: Error, Equatable, Sendable {
    /// Another backup is being made.
    case backupRunning
    /// No tunnel of that number.
    case unknownTunnel(String)
    /// The hub has no tunnel listeners.
    case tunnelsOff
    /// The device keeps no connection to the tunnel proxy.
    case deviceNotConnected(String)
    /// A value that was given is not acceptable; says which and what is.
    case invalid(String)
}

extension AdministrationError: DomainError {
    package var kind: ErrorKind {
        switch self {
        case .unknownTunnel: .notFound
        case .backupRunning, .tunnelsOff, .deviceNotConnected: .unavailable
        case .invalid: .invalid
        }
    }

    package var message: String {
        switch self {
        case .backupRunning: "another backup is being made"
        case .unknownTunnel(let id): "no tunnel \(id)"
        case .tunnelsOff: "the tunnel proxy is switched off"
        case .deviceNotConnected(let id): "\(id) is not connected to the tunnel proxy"
        case .invalid(let reason): reason
        }
    }
}
