package import Encoding

/// Why a user was refused.
package enum PeopleError: Error, Equatable, Sendable {
    /// No user of that name.
    case unknownUser(String)
    /// A user's name, role or password is not acceptable.
    case invalidUser(reason: String)
    /// A user of that name exists.
    case userExists(String)
}

extension PeopleError: DomainError {
    package var kind: ErrorKind {
        switch self {
        case .unknownUser: .notFound
        case .invalidUser: .invalid
        case .userExists: .conflict
        }
    }

    package var message: String {
        switch self {
        case .unknownUser(let name): "no user \(name)"
        case .invalidUser(let reason): reason
        case .userExists(let name): "user \(name) exists"
        }
    }
}
