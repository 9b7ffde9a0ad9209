internal import HTTPTypes
internal import HubHTTP
internal import Updates

/// What a Mender program is refused with (docs/protocols/mender.md 2): a status and one text.
enum MenderError: RouteError, Equatable {
    /// The request is not what the call takes.
    case badRequest(String)
    /// No token, or one that is not valid.
    case unauthorized(String)
    /// The role does not allow it.
    case forbidden
    case notFound(String)
    /// The path does not take this method, but these.
    case wrongMethod(allowed: [String])
    /// It contradicts what is there.
    case conflict(String)
    /// The same release is kept for the same devices, by this artifact.
    case artifactExists(ArtifactConflict)
    /// What the caller has seen has changed meanwhile.
    case preconditionFailed
    /// The body is too long.
    case tooLarge
    /// A part of what was sent is larger than so many bytes.
    case partTooLarge(String, limit: Int64)
    /// The body is of another type.
    case unsupportedType
    /// The hub does not do this.
    case notImplemented
    /// There is no room for it.
    case noStorage
    /// The call can't be done in the present state.
    case unprocessable(String)
    /// The device did not answer in time.
    case timedOut(String)
    /// The device refused, or answered what can't be used.
    case badGateway(String)
    /// Too many calls; try again after so many seconds.
    case tooMany(seconds: Int)

    var status: HTTPResponse.Status {
        switch self {
        case .badRequest: .badRequest
        case .unauthorized: .unauthorized
        case .forbidden: .forbidden
        case .notFound: .notFound
        case .wrongMethod: .methodNotAllowed
        case .conflict, .artifactExists: .conflict
        case .preconditionFailed: .preconditionFailed
        case .tooLarge, .partTooLarge: .contentTooLarge
        case .unsupportedType: .unsupportedMediaType
        case .notImplemented: .notImplemented
        case .noStorage: .insufficientStorage
        case .unprocessable: .unprocessableContent
        case .timedOut: .requestTimeout
        case .badGateway: .badGateway
        case .tooMany: .tooManyRequests
        }
    }

    var message: String {
        switch self {
        case .badRequest(let text), .unauthorized(let text), .notFound(let text), .conflict(let text),
            .unprocessable(let text), .timedOut(let text), .badGateway(let text):
            text
        case .artifactExists: "An artifact of this name for this kind of device exists"
        case .forbidden: "your role does not allow this"
        case .wrongMethod(let allowed): "this path takes \(allowed.joined(separator: ", "))"
        case .preconditionFailed: "it was changed meanwhile; read it again"
        case .tooLarge: "the body is too long"
        case .partTooLarge(let what, let limit): "\(what) is larger than \(limit) bytes"
        case .unsupportedType: "the body is of another type than this call takes"
        case .notImplemented: "this hub does not do this"
        case .noStorage: "there is no room for it"
        case .tooMany: "too many requests"
        }
    }

    var headers: HTTPFields {
        switch self {
        case .tooMany(let seconds): [.retryAfter: "\(seconds)"]
        case .wrongMethod(let allowed): [.allow: allowed.joined(separator: ", ")]
        default: [:]
        }
    }
}
