import Encoding
import ErrorSamples
import HTTPTypes
import HubHTTP
import Hummingbird
import Logging
import NIOCore
import NIOEmbedded
import Presence
import Testing

@testable import Devices

/// What peers of a protocol get when a route below its form throws. The hub around it, and the admin API with it, are
/// not there: this target does not depend on them.
enum ErrorRoute {
    struct Answer {
        let status: HTTPResponse.Status
        let headers: HTTPFields
        let text: String
    }

    static func answer(
        _ form: some ErrorForm, to error: any Error, as peer: Peer = Peer(address: "192.0.2.7")
    ) async throws -> Answer {
        let router = Router(context: HubContext.self)
        router.group().add(middleware: ErrorAnswers(form)).get("x") { _, _ -> Response in throw error }
        return try await answer(of: router.buildResponder(), .get, "/x", as: peer)
    }

    /// Sends one request.
    static func answer(
        of responder: some HTTPResponder<HubContext>, _ method: HTTPRequest.Method, _ path: String, body: [UInt8] = [],
        as peer: Peer = Peer(address: "192.0.2.7")
    ) async throws -> Answer {
        let request = Request(
            head: HTTPRequest(method: method, scheme: "https", authority: "hub", path: path),
            body: RequestBody(buffer: ByteBuffer(bytes: body)))
        let channel = NIOAsyncTestingChannel()
        let source = ApplicationRequestContextSource(
            channel: channel, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let response = try await Connection.$current.withValue(Connection(peer: peer, serverCertificate: nil)) {
            try await responder.respond(to: request, context: HubContext(source: source))
        }
        _ = try? await channel.finish()
        let writer = Text()
        try await response.body.write(writer)
        return Answer(status: response.status, headers: response.headers, text: writer.kept.text)
    }

    private struct Text: ResponseBodyWriter {
        final class Kept {
            var text = ""
        }

        let kept = Kept()

        func write(_ buffer: ByteBuffer) async throws { kept.text += String(buffer: buffer) }
        func finish(_ trailingHeaders: HTTPFields?) async throws {}
    }
}

/// An error as a test's argument.
struct Sample: Sendable, CustomTestStringConvertible {
    let error: any DomainError

    static let all = (ErrorSamples.all + [IdentityError.exists(identity)]).map(Sample.init)

    private static let identity = DeviceIdentity(
        id: "6f1c6ba0-0000-4000-8000-000000000001", deviceID: "lamp-1", data: "{}", tier: "standard", createdAt: 0,
        updatedAt: 0, authSets: [])

    /// Type and case.
    var name: String {
        let text = String(describing: error)
        return "\(type(of: error)).\(text.prefix { $0 != "(" })"
    }

    var testDescription: String { name }

    /// What neither an operator's hint nor Swift's own text of a value may leave behind in an answer.
    func isNeutral(_ answer: ErrorRoute.Answer) -> Bool {
        let words = ["hubctl", "oob ", "docs/", "README", String(describing: type(of: error)), "Optional("]
        let isEnumText = String(describing: error).contains("(") && answer.text.contains(String(describing: error))
        return !isEnumText && !words.contains { answer.text.contains($0) }
    }
}
