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
        case .unknownToken(let id): "no tunnel token \(id) counts"
        case .tooManyTokens(let limit): "\(limit) tokens of a device are the most that count"
        case .deviceNotApproved(let id): "\(id) holds no certificate"
        }
    }
}
