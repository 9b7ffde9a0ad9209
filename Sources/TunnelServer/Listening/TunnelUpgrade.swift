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

    static func configure(
        _ pipeline: ChannelPipeline.SynchronousOperations, for end: TunnelEnd, timeout: TimeAmount
    ) throws {
        let other = NotUpgraded(timeout: timeout)
        let refusal = NIOLoopBound(other, eventLoop: end.core.eventLoop)
        let upgrader = TunnelUpgrade(end: NIOLoopBound(end, eventLoop: end.core.eventLoop))
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
            Base64.decode(key)?.count == 16, upgradeRequest.method == .GET
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

/// The request is none for a WebSocket of version 13.
private struct NoWebSocket: Error {}

/// Ends connections that ask for no WebSocket, or for nothing in time.
private final class NotUpgraded: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let timeout: TimeAmount
    private var deadline: Scheduled<Void>?

    init(timeout: TimeAmount) {
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
        guard let version = head.headers["Sec-WebSocket-Version"].first, version != "13" else {
            return context.close(promise: nil)
        }
        let headers = HTTPHeaders([("Sec-WebSocket-Version", "13"), ("Connection", "close"), ("Content-Length", "0")])
        context.write(
            wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: .badRequest, headers: headers))),
            promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil))).assumeIsolated().whenComplete { _ in
            context.close(promise: nil)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // The upgrader's refusal comes this way as well; its request follows and is answered.
        if !(error is NoWebSocket) { context.close(promise: nil) }
    }
}
