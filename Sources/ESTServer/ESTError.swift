internal import HTTPTypes
internal import HubHTTP

/// What an EST client learns when its request can't be served (docs/protocols/enrolment.md 1.4): a status and one line.
enum ESTError: RouteError, Equatable {
    /// No operation of that name.
    case unknownOperation
    /// The operation exists, but not with this method.
    case wrongMethod(allowed: String)
    /// The body is not base64 of a certificate request with a right signature, or asks for what can't be.
    case badRequest(String)
    /// The body is of another type.
    case wrongType
    /// The body is longer than ``ESTRoutes/bodyLimit``.
    case tooLarge
    /// Nobody has proved anything yet, or the password is wrong.
    case unauthorized
    /// The caller may not have this certificate.
    case forbidden(String)
    /// The caller had its share of certificates; the next one in so many seconds.
    case tooMany(seconds: Int64)
    /// The authority can't sign now; it may in so many seconds.
    case unavailable(seconds: Int64)

    var status: HTTPResponse.Status {
        switch self {
        case .unknownOperation: .notFound
        case .wrongMethod: .methodNotAllowed
        case .badRequest: .badRequest
        case .wrongType: .unsupportedMediaType
        case .tooLarge: .contentTooLarge
        case .unauthorized: .unauthorized
        case .forbidden: .forbidden
        case .tooMany: .tooManyRequests
        case .unavailable: .serviceUnavailable
        }
    }

    var message: String {
        switch self {
        case .unknownOperation: "no such EST operation"
        case .wrongMethod(let allowed): "use \(allowed)"
        case .badRequest(let reason), .forbidden(let reason): reason
        case .wrongType: "send application/pkcs10"
        case .tooLarge: "the body is too long"
        case .unauthorized: "device ID and secret are needed, or a client certificate"
        case .tooMany: "too many certificates for this name; renew with the key of the last one, or try again later"
        case .unavailable: "the authority can't sign now; try again later"
        }
    }

    var headers: HTTPFields {
        switch self {
        case .wrongMethod(let allowed): [.allow: allowed]
        case .unauthorized: [.wwwAuthenticate: "Basic realm=\"hub\""]
        case .tooMany(let seconds), .unavailable(let seconds): [.retryAfter: "\(seconds)"]
        default: [:]
        }
    }
}
