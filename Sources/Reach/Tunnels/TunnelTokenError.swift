package import Encoding

extension TunnelTokenError: DomainError {
    package var kind: ErrorKind {
        switch self {
        case .invalidToken: .invalid
        case .unknownToken: .notFound
        case .tooManyTokens: .full
        case .deviceNotApproved: .conflict
        }
    }

    package var message: String {
        switch self {
        case .invalidToken(let reason): reason
        case .unknownToken(let id): "no valid tunnel token \(id)"
        case .tooManyTokens(let limit): "a device may have at most \(limit) valid tokens"
        case .deviceNotApproved(let id): "\(id) holds no certificate"
        }
    }
}
