package import HTTPTypes

/// The half of an error that may leave the hub: everything else stays in its log.
package protocol PeerFacingError: Error {
    /// HTTP status of the answer.
    var status: HTTPResponse.Status { get }
    /// Word of docs/error-codes.md; never reworded once released.
    var code: String { get }
    /// What happened, one sentence.
    var message: String { get }
    /// What to do next, one sentence; empty for strangers, who get no more than the protocol says.
    var hint: String { get }
    /// Seconds after which the same request may be taken; `nil` when time changes nothing, which is the default.
    var retryAfterSeconds: Int? { get }
    /// Whether nothing more is heard on the connection; no, by default.
    var endsConnection: Bool { get }
}

extension PeerFacingError {
    package var retryAfterSeconds: Int? { nil }

    package var endsConnection: Bool { false }
}
