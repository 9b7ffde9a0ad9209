internal import NIOCore
internal import NIOHTTP1
internal import PKI
package import WebSockets

/// A WebSocket to a hub: the opening handshake over TLS or a Unix socket, then the same type as on the hub's side.
package enum WebSocketClient {
    /// The hub answered, but with no WebSocket: status, headers and the beginning of its body.
    package struct Refusal: Error, Sendable {
        /// What it said; a body is kept up to 64 KiB.
        package let response: HTTPExchangeResponse
    }

    /// Connects and asks for the upgrade.
    ///
    /// - Parameters:
    ///   - headers: further lines of the request, such as Authorization.
    ///   - subprotocols: offered in this order; a hub that chooses another one is refused.
    /// - Throws: ``Refusal``, ``TransportError``.
    package static func connect(
        _ endpoint: Endpoint, tls: TransportTLS?, path: String, headers: [(String, String)] = [],
        subprotocols: [String] = [], limits: TransportLimits = TransportLimits(),
        socketLimits: WebSocketLimits = WebSocketLimits()
    ) async throws -> WebSocket {
        let key = OpeningHandshake.makeKey()
        var lines =
            headers + [
                ("Upgrade", "websocket"), ("Connection", "Upgrade"),
                ("Sec-WebSocket-Version", OpeningHandshake.version),
                ("Sec-WebSocket-Key", key),
            ]
        if !subprotocols.isEmpty { lines.append(("Sec-WebSocket-Protocol", subprotocols.joined(separator: ", "))) }
        let head = try Exchange.head(of: HTTPExchangeRequest(path: path, headers: lines), for: endpoint)
        let open: OpenChannel
        do {
            open = try await OpenChannel.open(endpoint, tls: tls, limits: limits, isUpgrade: true)
        } catch {
            try Task.checkCancellation()
            throw TransportError.translating(error)
        }
        do {
            try await open.handshake(limits: limits)
            return try await ask(open, head, key, subprotocols, limits, socketLimits)
        } catch {
            open.channel.close(mode: .all, promise: nil)
            throw error is Refusal ? error : TransportError.translating(error)
        }
    }

    private static func ask(
        _ open: OpenChannel, _ head: HTTPRequestHead, _ key: String, _ subprotocols: [String],
        _ limits: TransportLimits,
        _ socketLimits: WebSocketLimits
    ) async throws -> WebSocket {
        let channel = open.channel
        let made = channel.eventLoop.makePromise(of: WebSocket.self)
        let deadline = Deadline(channel)
        deadline.arm(.exchange, limits.exchange)
        defer { deadline.disarm() }
        channel.eventLoop.execute {
            let handler = UpgradeAnswerHandler(
                key: key, subprotocols: subprotocols, limits: socketLimits, peer: open.record.chain, made)
            do {
                try channel.pipeline.syncOperations.addHandler(handler)
                try handler.send(head)
            } catch {
                made.fail(error)
            }
        }
        return try await withTaskCancellationHandler {
            do {
                return try await made.futureResult.get()
            } catch {
                throw deadline.passed.map { TransportError.timedOut($0) } ?? error
            }
        } onCancel: {
            channel.close(mode: .all, promise: nil)
        }
    }
}

/// Waits for the hub's answer to an upgrade, and makes the WebSocket of it.
private final class UpgradeAnswerHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = RequestPart

    /// Most of a refusal's body that is kept, in bytes.
    private static let bodyLimit = 64 << 10

    private let key: String
    private let subprotocols: [String]
    private let limits: WebSocketLimits
    private let peer: [Certificate]
    private let made: EventLoopPromise<WebSocket>
    private var context: ChannelHandlerContext?
    private var head: HTTPResponseHead?
    private var body: [UInt8] = []
    private var isUpgrading = false
    /// What came behind the answer, until there is a WebSocket to take it.
    private var early: [NIOAny] = []

    init(
        key: String, subprotocols: [String], limits: WebSocketLimits, peer: [Certificate],
        _ made: EventLoopPromise<WebSocket>
    ) {
        self.key = key
        self.subprotocols = subprotocols
        self.limits = limits
        self.peer = peer
        self.made = made
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func send(_ request: HTTPRequestHead) throws {
        guard let context, context.channel.isActive else { throw TransportError.closed }
        context.write(wrapOutboundOut(.head(request)), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isUpgrading else { return early.append(data) }
        switch unwrapInboundIn(data) {
        case .head(let head): self.head = head
        case .body(let part): body += part.readableBytesView.prefix(max(0, Self.bodyLimit - body.count))
        case .end:
            guard let head else { return made.fail(TransportError.notHTTP(reason: "end without head")) }
            // Not before: the decoder would tell the WebSocket of the end of its answer.
            if head.status == .switchingProtocols { return upgrade(context, head) }
            let answer = HTTPExchangeResponse(
                status: Int(head.status.code), headers: head.headers.map { ($0.name, $0.value) }, body: body,
                peerCertificates: peer)
            made.fail(WebSocketClient.Refusal(response: answer))
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        made.fail(error)
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        made.fail(TransportError.closed)
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        made.fail(TransportError.closed)
    }

    private func upgrade(_ context: ChannelHandlerContext, _ head: HTTPResponseHead) {
        do {
            let chosen = try check(head)
            isUpgrading = true
            let pipeline = context.pipeline.syncOperations
            let decoder = try pipeline.context(handlerType: ByteToMessageHandler<HTTPResponseDecoder>.self)
            let encoder = try pipeline.context(handlerType: HTTPRequestEncoder.self)
            let validator = try pipeline.context(handlerType: NIOHTTPRequestHeadersValidator.self)
            let parts = try pipeline.context(handlerType: RequestPartHandler.self)
            for part in [parts, validator, encoder] { pipeline.removeHandler(context: part, promise: nil) }
            // The decoder is at work, so it leaves later. It gives on what followed the answer before it does, and
            // traps on anything sent through it that is not a request, be it the answer to a ping: there is no
            // WebSocket before.
            let removed = context.eventLoop.makePromise(of: Void.self)
            removed.futureResult.assumeIsolated().whenComplete { [self] _ in install(chosen) }
            pipeline.removeHandler(context: decoder, promise: removed)
        } catch {
            made.fail(error)
            context.close(promise: nil)
        }
    }

    private func install(_ subprotocol: String?) {
        guard let context, context.channel.isActive else { return made.fail(TransportError.closed) }
        do {
            let pipeline = context.pipeline.syncOperations
            let socket = try WebSocket.install(
                on: context.channel, isServer: false, subprotocol: subprotocol, limits: limits, position: .last)
            for data in early { context.fireChannelRead(data) }
            if !early.isEmpty { context.fireChannelReadComplete() }
            early = []
            made.succeed(socket)
            pipeline.removeHandler(context: context, promise: nil)
        } catch {
            made.fail(error)
            context.close(promise: nil)
        }
    }

    /// The subprotocol, after the checks of RFC 6455, 4.1.
    private func check(_ head: HTTPResponseHead) throws -> String? {
        let chosen = head.headers[canonicalForm: "Sec-WebSocket-Protocol"]
        guard head.headers[canonicalForm: "Upgrade"].contains(where: { $0.lowercased() == "websocket" }),
            head.headers[canonicalForm: "Connection"].contains(where: { $0.lowercased() == "upgrade" }),
            head.headers["Sec-WebSocket-Accept"] == [OpeningHandshake.accept(key)],
            !head.headers.contains(name: "Sec-WebSocket-Extensions"),
            chosen.isEmpty || (chosen.count == 1 && subprotocols.contains(String(chosen[0])))
        else { throw TransportError.notHTTP(reason: "the answer opens no WebSocket") }
        return chosen.first.map(String.init)
    }
}
