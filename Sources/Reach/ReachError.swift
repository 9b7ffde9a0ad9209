package import Encoding

/// Why a service was refused.
package enum ReachError: Error, Equatable, Sendable {
    /// No service of that name.
    case unknownService(String)
    /// A service's name or URL can't be published.
    case invalidService(reason: String)
}

extension ReachError: DomainError {
    package var kind: ErrorKind {
        switch self {
        case .unknownService: .notFound
        case .invalidService: .invalid
        }
    }

    package var message: String {
        switch self {
        case .unknownService(let name): "no service \(name)"
        case .invalidService(let reason): reason
        }
    }
}
