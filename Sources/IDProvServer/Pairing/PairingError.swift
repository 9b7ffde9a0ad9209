package import HTTPTypes
internal import HubHTTP
internal import Secrets

/// What a pairing is refused with (docs/protocols/secure-pairing.md section 6): a status and a name, no more.
package enum PairingError: RouteError, Equatable {
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
    /// A plain request for a secret that is valid for pairing only.
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
        case .locked: .locked
        case .tooManyAttempts: .tooManyRequests
        case .busy: .serviceUnavailable
        }
    }

    /// Name in the answer.
    package var code: String {
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

    package var message: String { "" }

    package var headers: HTTPFields {
        switch self {
        case .tooManyAttempts(let seconds): [.retryAfter: "\(max(1, seconds))"]
        case .busy: [.retryAfter: "5"]
        default: [:]
        }
    }
}
