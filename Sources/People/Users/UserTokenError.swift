package import Encoding

extension UserTokenError: DomainError {
    package var kind: ErrorKind {
        switch self {
        case .invalid: .invalid
        case .unknown: .notFound
        case .nameTaken: .conflict
        case .tooMany: .full
        }
    }

    package var message: String {
        switch self {
        case .invalid(let reason): reason
        case .unknown(let id): "no token \(id)"
        case .nameTaken(let name): "a token \(name) exists"
        case .tooMany(let limit): "\(limit) tokens are the most one user may have"
        }
    }
}

extension LoginError: DomainError {
    package var kind: ErrorKind {
        switch self {
        case .wrong: .unauthorized
        case .locked, .busy: .tooMany
        }
    }

    package var message: String {
        switch self {
        case .wrong: "name or password is wrong"
        case .locked: "too many failed logins"
        case .busy: "too many logins at once"
        }
    }

    package var retryAfterSeconds: Int? {
        switch self {
        case .wrong: nil
        case .locked(let seconds): seconds
        case .busy: 5
        }
    }
}
