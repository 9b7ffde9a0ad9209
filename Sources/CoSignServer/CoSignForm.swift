internal import CoSigning
internal import Encoding
internal import HTTPTypes
internal import HubHTTP
internal import Hummingbird
internal import NIOCore
internal import Releases

/// Refusals as servers and devices of the protocol read them: `{"error":"<name>"}` (docs/protocols/cosign.md 6).
struct CoSignForm: ErrorForm {
    func refusal(of error: any DomainError) -> any RouteError {
        switch error {
        case let error as CoSignRefusal:
            DomainRefusal(error, status: .init(code: error.status), code: error.rawValue)
        case ReleasesError.unknownKey: DomainRefusal(error, code: CoSignRefusal.unknownServer.rawValue)
        case ReleasesError.unknownProject: DomainRefusal(error, code: CoSignRefusal.unknownProject.rawValue)
        case let error as ReleasesError where error.kind == .invalid:
            DomainRefusal(error, code: CoSignRefusal.badRequest.rawValue)
        default: DomainRefusal(error)
        }
    }

    func answer(_ error: any RouteError) -> Response {
        let name = error as? HTTPRefusal == .bodyTooLong ? CoSignRefusal.tooLarge.rawValue : error.code
        return CoSignAnswer.json(error.status) { $0.member("error", name) }
    }
}

/// Answers of the protocol. Nobody keeps one.
enum CoSignAnswer {
    /// A JSON object.
    static func json(_ status: HTTPResponse.Status = .ok, _ content: (inout JSONWriter) -> Void) -> Response {
        var writer = JSONWriter()
        writer.object(content)
        return answer(status, writer.bytes, type: "application/json")
    }

    /// A JSON document.
    static func json(_ value: JSONValue) -> Response { answer(.ok, value.encoded(), type: "application/json") }

    /// A JSON document as it is kept.
    static func json(_ bytes: [UInt8]) -> Response { answer(.ok, bytes, type: "application/json") }

    /// A message with its signatures.
    static func message(_ bytes: [UInt8]) -> Response { answer(.ok, bytes, type: "application/jose+json") }

    private static func answer(_ status: HTTPResponse.Status, _ bytes: [UInt8], type: String) -> Response {
        Response(
            status: status, headers: [.contentType: type, .cacheControl: "no-store"],
            body: .init(byteBuffer: ByteBuffer(bytes: bytes)))
    }
}

extension Request {
    /// A value of the query; `nil` also for an empty one.
    func query(_ name: Substring) -> String? {
        uri.queryParameters[name].map(String.init).flatMap { $0.isEmpty ? nil : $0 }
    }
}
