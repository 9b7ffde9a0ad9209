package import Encoding

/// Why something about a link key was refused.
package enum LinkKeyError: Error, Equatable, Sendable {
    /// No key begins like that.
    case unknown(String)
    /// Several keys begin like that.
    case ambiguous(String)
    /// The key that was given is there already.
    case exists(String)
    /// Product, name or kind can't be used.
    case invalid(reason: String)
    /// The product or device has as many valid keys as may be.
    case tooMany(limit: Int)
    /// The device was rejected, revoked or removed, so no key would let it in.
    case deviceShutOut(String)
    /// The device never came over the link, and has no key of its own for it.
    case notOnLink(String)
}

extension LinkKeyError: DomainError {
    package var kind: ErrorKind {
        switch self {
        case .unknown: .notFound
        case .invalid: .invalid
        case .ambiguous, .exists, .deviceShutOut, .notOnLink: .conflict
        case .tooMany: .full
        }
    }

    package var message: String {
        switch self {
        case .unknown(let text): "no link key \(text)"
        case .ambiguous(let text): "several link keys begin with \(text)"
        case .exists(let key): "a link key \(key) exists"
        case .invalid(let reason): reason
        case .tooMany(let limit): "\(limit) valid link keys are the most one product or device may have"
        case .deviceShutOut(let id): "\(id) was rejected, revoked or removed"
        case .notOnLink(let id): "\(id) does not wait on the device link"
        }
    }
}
