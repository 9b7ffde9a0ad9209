internal import HTTPTypes
package import Hummingbird
internal import NIOCore
internal import Secrets

/// What a pairing is refused with (docs/protocols/secure-pairing.md section 6): a status and a name, no more.
package enum PairingError: Error, Equatable, HTTPResponseError {
    /// Not JSON, or a member is missing or malformed.
    case badRequest
    /// No common suite.
    case unsupportedSuite
    /// The point is refused; the session is closed.
    case badShare
    /// A proof is wrong; the session is closed.
    case confirmFailed
    /// Another device ID or key than in step 1; the session is closed.
    case keyMismatch
    /// A plain request for a secret that counts for pairing only.
    case pakeRequired
    /// Never existed, expired, closed, or not that far yet.
    case unknownSession
    /// A second share in one session.
    case sessionUsed
    /// Too many failures: an administrator must unlock the device.
    case locked
    /// The next attempt is heard after so many seconds.
    case tooManyAttempts(seconds: Int64)
    /// Too many open sessions.
    case busy

    /// What a closed gate is called.
    init(_ gate: GuessGate) {
        self = if case .backOff(let seconds) = gate { .tooManyAttempts(seconds: seconds) } else { .locked }
    }

    package var status: HTTPResponse.Status {
        switch self {
        case .badRequest, .unsupportedSuite, .badShare: .badRequest
        case .confirmFailed, .keyMismatch, .pakeRequired: .forbidden
        case .unknownSession: .notFound
        case .sessionUsed: .conflict
        case .locked: .init(code: 423, reasonPhrase: "Locked")
        case .tooManyAttempts: .tooManyRequests
        case .busy: .serviceUnavailable
        }
    }

    /// Name in the answer.
    package var name: String {
        switch self {
        case .badRequest: "bad_request"
        case .unsupportedSuite: "unsupported_suite"
        case .badShare: "bad_share"
        case .confirmFailed: "confirm_failed"
        case .keyMismatch: "key_mismatch"
        case .pakeRequired: "pake_required"
        case .unknownSession: "unknown_session"
        case .sessionUsed: "session_used"
        case .locked: "locked"
        case .tooManyAttempts: "too_many_attempts"
        case .busy: "busy"
        }
    }

    package func response(from request: Request, context: some RequestContext) throws -> Response {
        var headers: HTTPFields = [.contentType: "application/json"]
        switch self {
        case .tooManyAttempts(let seconds): headers[.retryAfter] = "\(max(1, seconds))"
        case .busy: headers[.retryAfter] = "5"
        default: break
        }
        return Response(
            status: status, headers: headers, body: .init(byteBuffer: ByteBuffer(string: #"{"error":"\#(name)"}"#)))
    }
}
