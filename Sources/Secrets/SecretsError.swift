package import Encoding
internal import Wire

/// Why a secret was refused.
package enum SecretsError: Error, Equatable, Sendable {
    /// No secret is registered for that device.
    case unknownSecret(String)
    /// The secret is empty or too long.
    case invalidSecret
    /// `validUntil` is neither an RFC 3339 date nor a date-time.
    case invalidValidUntil
    /// A secret gives no such role.
    case invalidOU
    /// `validUntil` lies in the past.
    case expiredValidUntil
    /// The device is provisioned, and its secret is changed only on request.
    case secretInUse(String)
}

extension SecretsError: DomainError {
    package var kind: ErrorKind {
        switch self {
        case .unknownSecret: .notFound
        case .invalidSecret, .invalidValidUntil, .invalidOU, .expiredValidUntil: .invalid
        case .secretInUse: .conflict
        }
    }

    package var message: String {
        switch self {
        case .unknownSecret(let id): "no secret is registered for \(id)"
        case .invalidSecret: "a secret has 1 to \(SecretLimits.secretBytes) bytes"
        case .invalidValidUntil: "validUntil is neither an RFC 3339 date nor a date-time"
        case .invalidOU: "ou must be one of \(SecretRowReader.roles.sorted().joined(separator: ", "))"
        case .expiredValidUntil: "validUntil lies in the past"
        case .secretInUse(let id): "\(id) is provisioned already"
        }
    }
}
