package import Encoding
package import HTTPTypes
package import HubHTTP
package import Hummingbird
internal import NIOCore

/// Why a device does not get its link (docs/protocols/device-link.md 2.4). A device is told only whether it brought
/// anything to be judged by; `HubHTTP` adds the time, by which a device without a clock signs its next attempt.
package enum UpgradeRefusal: RouteError, Equatable {
    /// Neither a certificate nor a header that could be a shared secret's.
    case noCredentials
    /// What was brought is not good, whatever the reason.
    case refused
    /// The hub can't decide now.
    case unavailable
    /// Another serializer than that of version 2.
    case version
    /// So many links are opened that this one has to wait.
    case tooMany(seconds: Int)

    package var status: HTTPResponse.Status {
        switch self {
        case .noCredentials, .refused: .unauthorized
        case .unavailable: .serviceUnavailable
        case .version: .forbidden
        case .tooMany: .tooManyRequests
        }
    }

    package var code: String {
        switch self {
        case .noCredentials: "noCredentials"
        case .refused: "refused"
        case .unavailable: "unavailable"
        case .version: "serializerVersion"
        case .tooMany: "tooManyLinks"
        }
    }

    /// The words of the original, which devices write into their logs.
    package var message: String {
        switch self {
        case .noCredentials: "no certificate pair or shared secrets connection settings were provided"
        case .refused, .version, .tooMany: ""
        case .unavailable: "the platform could not be reached to authenticate this device"
        }
    }

    package var headers: HTTPFields {
        if case .tooMany(let seconds) = self { return [.retryAfter: "\(seconds)"] }
        guard !message.isEmpty, let name = Self.reasonField else { return [:] }
        var fields = HTTPFields([HTTPField(name: name, value: message)])
        if self == .unavailable { fields[.retryAfter] = "5" }
        return fields
    }

    private static let reasonField = HTTPField.Name("nh-connection-error-reason")
}

/// Refusals as devices of the live link read them: a status, and at most one line of text.
package struct LinkForm: ErrorForm {
    package init() {}

    /// Devices come again and again, whatever they were told.
    package var logsRefusals: Bool { false }

    package func refusal(of error: any DomainError) -> any RouteError { DomainRefusal(error) }

    package func answer(_ error: any RouteError) -> Response {
        guard !error.message.isEmpty else { return Response(status: error.status) }
        return Response(
            status: error.status, headers: [.contentType: "text/plain; charset=utf-8"],
            body: .init(byteBuffer: ByteBuffer(string: error.message)))
    }
}
