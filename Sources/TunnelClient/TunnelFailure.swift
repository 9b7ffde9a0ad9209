internal import Wire

/// Why an end of a tunnel did not come to be.
package enum TunnelFailure: Error, Sendable, Equatable, CustomStringConvertible {
    /// The proxy refused it, in its own words.
    case refused(String)
    /// The proxy said something the protocol does not know.
    case protocolBroken
    /// The device does not let anybody reach this port.
    case portRefused(Int)
    /// Nobody listens on this port of the device.
    case portClosed(Int)
    /// The other end is not who it must be, or ended before it was.
    case ended

    /// The proxy holds a former connection of this end's for it.
    package static let placeTaken = TunnelFailure.refused(TunnelProxyError.alreadyRegistered.rawValue)

    /// The proxy does not know the right we show, or no longer.
    package static let noRight = TunnelFailure.refused(TunnelProxyError.authenticationFailed.rawValue)

    package var description: String {
        switch self {
        case .refused(let word): "the tunnel proxy refused: \(word)"
        case .protocolBroken: "the tunnel proxy does not speak the protocol"
        case .portRefused(let port): "the device does not allow port \(port)"
        case .portClosed(let port): "nothing listens on port \(port) of the device"
        case .ended: "the tunnel ended before it was up"
        }
    }
}
