internal import Encoding
internal import HubHTTP
internal import NIOCore
internal import NIOHTTP1
internal import PKI

/// The WebSocket upgrade of a tunnel's connection (RFC 6455 section 4): any path, no subprotocol, no compression.
///
/// Afterwards only the tunnel's own handler stays in the pipeline.
struct TunnelUpgrade: HTTPServerProtocolUpgrader {
    let supportedProtocol = "websocket"
    let requiredUpgradeHeaders: [String] = []
    private let end: NIOLoopBound<TunnelEnd>
    private let visitor: Visitor

    static func configure(
        _ pipeline: ChannelPipeline.SynchronousOperations, for end: TunnelEnd, origins: OriginRule, timeout: TimeAmount
    ) throws {
        let visitor = Visitor(connection: end.connection, origins: origins)
        let other = NotUpgraded(visitor, timeout: timeout)
        let refusal = NIOLoopBound(other, eventLoop: end.core.eventLoop)
        let upgrader = TunnelUpgrade(end: NIOLoopBound(end, eventLoop: end.core.eventLoop), visitor: visitor)
        let decoder = ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes))
        let encoder = HTTPResponseEncoder()
        try pipeline.addHandler(encoder)
        try pipeline.addHandler(decoder)
        try pipeline.addHandler(
            HTTPServerUpgradeHandler(
                upgraders: [upgrader], httpEncoder: encoder, extraHTTPHandlers: [decoder],
                upgradeCompletionHandler: { context in
                    context.pipeline.syncOperations.removeHandler(refusal.value, promise: nil)
                }))
        try pipeline.addHandler(other)
    }

    func buildUpgradeResponse(
        channel: any Channel, upgradeRequest: HTTPRequestHead, initialResponseHeaders: HTTPHeaders
    ) -> EventLoopFuture<HTTPHeaders> {
        let given = upgradeRequest.headers
        guard given["Sec-WebSocket-Version"] == ["13"], let key = given["Sec-WebSocket-Key"].first,
            Base64.decode(key)?.count == 16, upgradeRequest.method == .GET, !visitor.isForeign(upgradeRequest)
        else { return channel.eventLoop.makeFailedFuture(NoWebSocket()) }
        var headers = initialResponseHeaders
        headers.add(name: "Upgrade", value: "websocket")
        headers.replaceOrAdd(name: "Connection", value: "upgrade")
        headers.add(name: "Sec-WebSocket-Accept", value: WebSocketKey.accept(key))
        return channel.eventLoop.makeSucceededFuture(headers)
    }

    func upgrade(context: ChannelHandlerContext, upgradeRequest: HTTPRequestHead) -> EventLoopFuture<Void> {
        context.eventLoop.makeCompletedFuture { try context.pipeline.syncOperations.addHandler(end.value) }
    }
}

/// Who asks for a WebSocket. A web page may bring a token of its own from wherever it comes; what it must not bring is
/// the certificate of the browser that shows it.
private struct Visitor {
    let connection: Connection
    let origins: OriginRule

    func isForeign(_ head: HTTPRequestHead) -> Bool {
        connection.peer.isProven
            && origins.isForeign(
                sites: head.headers["Sec-Fetch-Site"], origins: head.headers["Origin"],
                authority: head.headers["Host"].first)
    }
}

/// The request is none for a WebSocket of version 13, or comes from a web page of another site.
private struct NoWebSocket: Error {}

/// Ends connections that ask for no WebSocket, or for nothing in time.
private final class NotUpgraded: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let visitor: Visitor
    private let timeout: TimeAmount
    private var deadline: Scheduled<Void>?

    init(_ visitor: Visitor, timeout: TimeAmount) {
        self.visitor = visitor
        self.timeout = timeout
    }

    func handlerAdded(context: ChannelHandlerContext) {
        deadline = context.eventLoop.assumeIsolated().scheduleTask(in: timeout) { context.close(promise: nil) }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        deadline?.cancel()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .head(let head) = unwrapInboundIn(data) else { return }
        if visitor.isForeign(head) { return refuse(.forbidden, [], context) }
        guard let version = head.headers["Sec-WebSocket-Version"].first, version != "13" else {
            return context.close(promise: nil)
        }
        refuse(.badRequest, [("Sec-WebSocket-Version", "13")], context)
    }

    private func refuse(
        _ status: HTTPResponseStatus, _ fields: [(String, String)], _ context: ChannelHandlerContext
    ) {
        let headers = HTTPHeaders(fields + [("Connection", "close"), ("Content-Length", "0")])
        context.write(
            wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: status, headers: headers))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil))).assumeIsolated().whenComplete { _ in
            context.close(promise: nil)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // The upgrader's refusal comes this way as well; its request follows and is answered.
        if !(error is NoWebSocket) { context.close(promise: nil) }
    }
}
