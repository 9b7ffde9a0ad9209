internal import Devices
internal import Encoding
internal import HTTPTypes
internal import HubHTTP
internal import Hummingbird
internal import Journal
internal import NIOCore
internal import People
internal import Presence
internal import Updates

/// Refusals in the form Mender programs read (docs/protocols/mender.md 2): `{"error":"…","request_id":"…"}`.
struct MenderForm: ErrorForm {
    /// Number of the request.
    let id: String

    /// Devices ask again all the time, whatever they were told.
    var logsRefusals: Bool { false }

    /// The protocol's own words, where it has some; otherwise what happened, with the status HTTP has for it.
    func refusal(of error: any DomainError) -> any RouteError {
        switch error {
        case let error as UpdatesError: MenderError(error)
        case let error as IdentityError: MenderError(error)
        case let error as UserTokenError: MenderError(error)
        case let error as LinkError: MenderError(error)
        case let error as LoginError: MenderError(error)
        case PeopleError.userExists: MenderError.unprocessable("user with a given email already exists")
        default: DomainRefusal(error, status: Self.status(of: error.kind))
        }
    }

    /// The protocol knows neither 410 nor 503.
    private static func status(of kind: ErrorKind) -> HTTPResponse.Status {
        switch kind {
        case .gone, .unavailable: .conflict
        default: kind.status
        }
    }

    func answer(_ error: any RouteError) -> Response {
        let text =
            switch error {
            case HTTPRefusal.bodyTooLong: MenderError.tooLarge.message
            case HTTPRefusal.fault: "internal error"
            // The router's own refusal.
            case HTTPRefusal.http(.notFound, ""): "unknown endpoint"
            default: error.message
            }
        var writer = JSONWriter(capacity: 128)
        writer.object { writer in
            writer.member("error", text)
            writer.member("request_id", id)
            guard case MenderError.artifactExists(let other) = error else { return }
            writer.name("metadata")
            writer.object { writer in
                writer.name("conflict")
                ArtifactText.write(other, to: &writer)
            }
        }
        return Response(
            status: error.status, headers: [.contentType: "application/json"],
            body: .init(byteBuffer: ByteBuffer(bytes: writer.bytes)))
    }
}
