package import HTTPTypes

/// What a request is refused with: the half of an error that may leave the hub. Everything else stays in its log.
package protocol RouteError: Error {
    var status: HTTPResponse.Status { get }
    /// A word for programs, in the log and in forms of answers that have a place for it.
    var code: String { get }
    /// What happened, one sentence; may be empty.
    var message: String { get }
    /// What the head of the answer says beside its status; nothing, by default.
    var headers: HTTPFields { get }
}

extension RouteError {
    package var code: String { "http\(status.code)" }

    package var headers: HTTPFields { [:] }
}
