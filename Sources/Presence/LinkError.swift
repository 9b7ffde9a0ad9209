package import Encoding

/// Why something did not happen on a device.
package enum LinkError: DomainError, Equatable {
    /// The device has no link, or lost it.
    case notConnected
    /// So many sessions are the most one device may have.
    case tooManySessions(limit: Int)
    /// The link's protocol does not offer it.
    case unsupported
    /// The message can't go to the device; the text says why.
    case badMessage(String)
    /// The device did not answer in time.
    case timedOut
    /// The device refused; one line of its own words, untrusted.
    case refused(String)
    /// The device answered something that does not belong there.
    case outOfTurn
    /// The path on the device is a folder, a device, a pipe.
    case notAFile

    package var kind: ErrorKind {
        switch self {
        case .badMessage, .notAFile: .invalid
        case .notConnected, .timedOut, .outOfTurn: .unavailable
        case .tooManySessions: .full
        case .unsupported, .refused: .conflict
        }
    }

    package var message: String {
        switch self {
        case .notConnected: "device not connected"
        case .tooManySessions(let limit): "\(limit) sessions are the most one device may have"
        case .unsupported: "the device's link does not offer this"
        case .badMessage(let reason): reason
        case .timedOut: "the device did not answer"
        case .refused(let words): "the device refused: \(words)"
        case .outOfTurn: "the device answered out of turn"
        case .notAFile: "path is no regular file"
        }
    }
}
