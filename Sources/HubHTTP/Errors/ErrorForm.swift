package import Encoding
package import HTTPTypes
package import Hummingbird
internal import NIOCore

/// How one protocol tells its peers that a request is refused.
package protocol ErrorForm: Sendable {
    /// Whether refusals are worth a line in the log; yes, by default.
    var logsRefusals: Bool { get }
    /// What a room's refusal is in this protocol. Never asked about a fault.
    func refusal(of error: any DomainError) -> any RouteError
    /// The answer, without the headers of the error.
    func answer(_ error: any RouteError) -> Response
}

extension ErrorForm {
    package var logsRefusals: Bool { true }
}

/// The form of the hub itself, where no protocol says another one: `{"error":{"code":"…","message":"…","hint":"…"}}`.
/// The hint is empty: next steps are for operators.
package struct HubErrorForm: ErrorForm {
    package init() {}

    package func refusal(of error: any DomainError) -> any RouteError { DomainRefusal(error) }

    package func answer(_ error: any RouteError) -> Response {
        Self.answer(error.status, code: error.code, message: error.message, hint: "")
    }

    /// An answer of this form.
    package static func answer(
        _ status: HTTPResponse.Status, code: String, message: String, hint: String
    ) -> Response {
        var writer = JSONWriter()
        writer.object { writer in
            writer.name("error")
            writer.object { writer in
                writer.member("code", code)
                writer.member("message", message)
                writer.member("hint", hint)
            }
        }
        return Response(
            status: status, headers: [.contentType: "application/json"],
            body: .init(byteBuffer: ByteBuffer(bytes: writer.bytes)))
    }
}

/// A room's refusal with the status that HTTP has for its kind, and its kind as the code.
package struct DomainRefusal: RouteError {
    package let status: HTTPResponse.Status
    package let code: String
    package let message: String
    package let headers: HTTPFields

    /// - Parameters:
    ///   - status: another one than HTTP's own.
    ///   - code: another one than the kind.
    ///   - message: another text than the error's own.
    package init(
        _ error: any DomainError, status: HTTPResponse.Status? = nil, code: String? = nil, message: String? = nil
    ) {
        self.status = status ?? error.kind.status
        self.code = code ?? error.kind.rawValue
        self.message = message ?? error.message
        headers = error.retryHeaders
    }
}

extension DomainError {
    /// When the same request may succeed, as HTTP says it.
    package var retryHeaders: HTTPFields { retryAfterSeconds.map { [.retryAfter: "\($0)"] } ?? [:] }
}

extension ErrorKind {
    /// What HTTP itself has for it; a protocol with a narrower choice has its own.
    package var status: HTTPResponse.Status {
        switch self {
        case .invalid: .badRequest
        case .unauthorized: .unauthorized
        case .forbidden: .forbidden
        case .notFound: .notFound
        case .conflict, .full: .conflict
        case .changed: .preconditionFailed
        case .gone: .gone
        case .tooLarge: .contentTooLarge
        case .unusable: .unprocessableContent
        case .tooMany: .tooManyRequests
        case .unavailable: .serviceUnavailable
        case .noRoom: .insufficientStorage
        case .fault: .internalServerError
        }
    }
}

extension HTTPResponse.Status {
    /// 507 (RFC 4918 section 11.5).
    package static let insufficientStorage = HTTPResponse.Status(code: 507, reasonPhrase: "Insufficient Storage")
    /// 423 (RFC 4918 section 11.3).
    package static let locked = HTTPResponse.Status(code: 423, reasonPhrase: "Locked")
}
