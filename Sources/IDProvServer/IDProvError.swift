package import HTTPTypes
internal import HubHTTP

/// What a stranger on the network learns when a request can't be served: the status, and a word.
package enum IDProvError: RouteError, Equatable {
    /// The body is not JSON, or a required member is missing or unusable.
    case badRequest(String)
    /// The caller's certificate does not allow this.
    case forbidden
    /// The device has sent as many reports today as it may.
    case tooManyReports
    /// The hub can't do it at present.
    case unavailable

    package var status: HTTPResponse.Status {
        switch self {
        case .badRequest: .badRequest
        case .forbidden: .forbidden
        case .tooManyReports: .tooManyRequests
        case .unavailable: .serviceUnavailable
        }
    }

    package var code: String {
        switch self {
        case .badRequest: "badRequest"
        case .forbidden: "forbidden"
        case .tooManyReports: "tooManyReports"
        case .unavailable: "unavailable"
        }
    }

    package var message: String {
        switch self {
        case .badRequest(let what): what
        case .forbidden: "a client certificate with another OU is needed"
        case .tooManyReports: "no more reports today"
        case .unavailable: "the hub can't do this now; try again later"
        }
    }
}
