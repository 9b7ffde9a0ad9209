package import HTTPTypes
internal import HubHTTP

/// What a stranger on the network learns when a request can't be served: the status, and a word.
package enum IDProvError: Error, Equatable, PeerFacingError {
    /// The body is not JSON, or a required member is missing or unusable.
    case badRequest(String)
    /// The caller's certificate does not allow this.
    case forbidden
    /// The device has sent as many reports today as it may.
    case tooManyReports

    /// See ``PeerFacingError/status``.
    package var status: HTTPResponse.Status {
        switch self {
        case .badRequest: .badRequest
        case .forbidden: .forbidden
        case .tooManyReports: .tooManyRequests
        }
    }

    /// See ``PeerFacingError/code``.
    package var code: String {
        switch self {
        case .badRequest: "badRequest"
        case .forbidden: "forbidden"
        case .tooManyReports: "tooManyReports"
        }
    }

    /// See ``PeerFacingError/message``.
    package var message: String {
        switch self {
        case .badRequest(let what): what
        case .forbidden: "a client certificate with another OU is needed"
        case .tooManyReports: "no more reports today"
        }
    }

    /// See ``PeerFacingError/hint``.
    package var hint: String { "" }
}
