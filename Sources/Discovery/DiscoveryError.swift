/// Why discovery could not do its work.
package enum DiscoveryError: Error, Equatable, Sendable, CustomStringConvertible {
    /// No Avahi daemon answered; `reason` is Avahi's own text.
    case unavailable(reason: String)
    /// Avahi will never accept this: an invalid service type, for example.
    case refused(reason: String)
    /// The operating system gave no thread, pipe or memory; `code` is its `errno`.
    case system(operation: String, code: Int32)

    /// The cause alone, to be put after words of one's own.
    var reason: String {
        switch self {
        case .unavailable(let reason), .refused(let reason): reason
        case .system: description
        }
    }

    package var description: String {
        switch self {
        case .unavailable(let reason): "Avahi is not reachable: \(reason)"
        case .refused(let reason): "Avahi refuses: \(reason)"
        case .system(let operation, let code): "\(operation) failed with errno \(code)"
        }
    }
}
