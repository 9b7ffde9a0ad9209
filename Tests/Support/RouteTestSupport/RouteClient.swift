package import HTTPTypes
package import HubHTTP
package import Hummingbird
internal import Logging
internal import NIOCore
internal import NIOEmbedded

/// Sends requests straight to a router: the same code a socket would reach, without the socket.
package struct RouteClient: Sendable {
    package struct Answer: Sendable {
        package let status: HTTPResponse.Status
        package let headers: HTTPFields
        package let body: [UInt8]
        package var text: String { String(decoding: body, as: UTF8.self) }
    }

    /// Stands for the certificate of a TLS connection.
    package static let serverCertificate: [UInt8] = [0x30, 0x00]

    private let responder: any HTTPResponder<HubContext>

    /// Calls a router directly.
    package init(_ router: Router<HubContext>) {
        responder = router.buildResponder()
    }

    /// Calls the routes of one server, whose errors are told as everywhere.
    ///
    /// - Parameters:
    ///   - loss: why the certificate of a peer is no longer valid.
    ///   - add: adds the routes.
    package init(
        loss: @escaping PeerLossCheck = { _ in nil }, add: (Router<HubContext>) -> Void
    ) {
        let router = Router(context: HubContext.self)
        router.add(middleware: ErrorAnswers(HubErrorForm()))
        router.add(middleware: LastingPeers(loss: loss))
        add(router)
        self.init(router)
    }

    /// Sends one request as a peer. JSON is sent as such, unless the headers name a type.
    ///
    /// - Parameters:
    ///   - authority: host and port that the request is sent to.
    ///   - isTyped: whether JSON is sent with its type.
    ///   - onPart: called with each part of the answer's body as it is written, which waits for it.
    package func send(
        _ method: HTTPRequest.Method, _ path: String, body: [UInt8] = [], headers: HTTPFields = [:],
        as peer: Peer = Peer(address: "192.0.2.7"), authority: String = "hub", isTyped: Bool = true,
        onPart: (@Sendable (Int) async throws -> Void)? = nil
    ) async throws -> Answer {
        var headers = headers
        let isJSON = body.first == UInt8(ascii: "{") || body.first == UInt8(ascii: "[")
        if isTyped, isJSON, headers[.contentType] == nil { headers[.contentType] = "application/json" }
        return try await send(
            method, path, authority, body: RequestBody(buffer: ByteBuffer(bytes: body)), headers: headers, as: peer,
            onPart: onPart)
    }

    /// Sends one request whose body arrives in parts; an error among them is a peer that was lost.
    package func send(
        _ method: HTTPRequest.Method, _ path: String, parts: AsyncThrowingStream<[UInt8], any Error>,
        headers: HTTPFields = [:], as peer: Peer = Peer(address: "192.0.2.7")
    ) async throws -> Answer {
        let body = RequestBody(asyncSequence: parts.map { ByteBuffer(bytes: $0) })
        return try await send(method, path, "hub", body: body, headers: headers, as: peer, onPart: nil)
    }

    private func send(
        _ method: HTTPRequest.Method, _ path: String, _ authority: String, body: RequestBody, headers: HTTPFields,
        as peer: Peer, onPart: (@Sendable (Int) async throws -> Void)?
    ) async throws -> Answer {
        let request = Request(
            head: HTTPRequest(method: method, scheme: "https", authority: authority, path: path, headerFields: headers),
            body: body)
        let channel = NIOAsyncTestingChannel()
        let response = try await Connection.$current.withValue(
            Connection(peer: peer, serverCertificate: Self.serverCertificate)
        ) {
            try await respond(request, channel)
        }
        _ = try? await channel.finish()
        let collector = Collector(onPart: onPart)
        try await response.body.write(collector)
        return Answer(status: response.status, headers: response.headers, body: collector.bytes.bytes)
    }

    private func respond(_ request: Request, _ channel: any Channel) async throws -> Response {
        let source = ApplicationRequestContextSource(
            channel: channel, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        return try await Self.run(responder, request, HubContext(source: source))
    }

    private static func run(
        _ responder: some HTTPResponder<HubContext>, _ request: Request, _ context: HubContext
    ) async throws -> Response {
        try await responder.respond(to: request, context: context)
    }
}

/// Keeps a response's body.
private struct Collector: ResponseBodyWriter {
    final class Bytes {
        var bytes: [UInt8] = []
    }

    let bytes = Bytes()
    let onPart: (@Sendable (Int) async throws -> Void)?

    func write(_ buffer: ByteBuffer) async throws {
        try await onPart?(buffer.readableBytes)
        bytes.bytes.append(contentsOf: buffer.readableBytesView)
    }

    func finish(_ trailingHeaders: HTTPFields?) async throws {}
}
