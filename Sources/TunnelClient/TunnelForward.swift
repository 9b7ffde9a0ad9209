internal import Encoding
internal import NIOCore
internal import NIOPosix
internal import NIOSSL
internal import NIOTLS
internal import Synchronization
package import Transport
package import Wire

/// What is spoken inside a tunnel.
package enum TunnelMode: Sendable {
    /// TLS to the device itself, and then this TCP port of it.
    case encrypted(TunnelTLS, port: Int)
    /// Nothing of ours: the server decides what the tunnel leads to, and the proxy can read it.
    case plain

    /// Whether one end can say that it has no more while the other goes on.
    var passesEnd: Bool {
        switch self {
        case .encrypted: true
        case .plain: false
        }
    }
}

/// A server behind the tunnel proxy, and how it is reached.
package struct TunnelTarget: Sendable {
    /// TCP listener of the tunnel proxy.
    package var proxy: Endpoint
    /// How the proxy is believed.
    package var tls: TransportTLS
    /// The device's server there.
    package var serverUUID: TunnelUUID
    /// Right to reach it.
    package var token: String
    /// What we call ourselves there.
    package var name: String
    /// What is spoken inside.
    package var mode: TunnelMode
    /// Makes the UUID of each connection: 16 random bytes.
    package var random: @Sendable () -> [UInt8]

    package init(
        proxy: Endpoint, tls: TransportTLS, serverUUID: TunnelUUID, token: String, name: String, mode: TunnelMode,
        random: @escaping @Sendable () -> [UInt8]
    ) {
        self.proxy = proxy
        self.tls = tls
        self.serverUUID = serverUUID
        self.token = token
        self.name = name
        self.mode = mode
        self.random = random
    }
}

/// The person's end: a local port, each of whose connections leads through a tunnel of its own to a port of the device.
package enum TunnelForward {
    /// Listens until the task is cancelled.
    ///
    /// - Parameters:
    ///   - target: asked for each connection, as rights to reach the device are renewed.
    ///   - onListening: told the local port.
    ///   - onEnd: told of every connection that ended: why it did not come up, or nil.
    package static func run(
        host: String, port: Int, to target: @escaping @autoclosure @Sendable () -> TunnelTarget,
        onListening: @escaping @Sendable (Int) -> Void,
        onEnd: @escaping @Sendable ((any Error)?) -> Void
    ) async throws {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let listener: any Channel
        do {
            listener = try await ServerBootstrap(group: loop)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .childChannelOption(.autoRead, value: false)
                .childChannelOption(.allowRemoteHalfClosure, value: true)
                .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture { try join(channel, target(), loop, onEnd) }
                }.bind(host: host, port: port).get()
        } catch {
            throw TransportError.translating(error)
        }
        onListening(listener.localAddress?.port ?? port)
        try await withTaskCancellationHandler {
            try await listener.closeFuture.get()
        } onCancel: {
            listener.close(promise: nil)
        }
    }

    /// Makes the tunnel of one local connection.
    private static func join(
        _ local: any Channel, _ target: TunnelTarget, _ loop: any EventLoop,
        _ onEnd: @escaping @Sendable ((any Error)?) -> Void
    ) throws {
        // Without TLS inside there is nothing in which one side could say that it has ended.
        let (near, far) = TunnelGlue.pair(passesEnd: target.mode.passesEnd)
        try local.pipeline.syncOperations.addHandler(near)
        let up = loop.makePromise(of: Void.self)
        let handlers = NIOLoopBound((near, far), eventLoop: loop)
        let opening = ClientChannel.future(target.proxy, tls: target.tls, limits: TransportLimits(), loop: loop) {
            channel in
            try channel.syncOptions?.setOption(.allowRemoteHalfClosure, value: true)
            try channel.pipeline.syncOperations.addHandler(TunnelBorder())
            try channel.pipeline.syncOperations.addHandler(TunnelRegistration(target, handlers.value.1, up, loop))
        }
        opening.whenFailure { up.fail(TransportError.translating($0)) }
        up.futureResult.whenComplete { result in
            switch result {
            case .success where !local.isActive:
                // It was given up meanwhile: nobody else would end the tunnel.
                opening.whenSuccess { $0.close(promise: nil) }
                onEnd(nil)
            case .success:
                handlers.value.0.setReading(true)
                local.closeFuture.whenComplete { _ in onEnd(nil) }
            case .failure(let error):
                opening.whenSuccess { $0.close(promise: nil) }
                // Told first: who sees the end of the local connection may ask why at once.
                onEnd(error)
                local.close(promise: nil)
            }
        }
    }
}

/// Registers as a client, then puts what is spoken inside in its own place.
private final class TunnelRegistration: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let target: TunnelTarget
    private let glue: TunnelGlue
    private let up: EventLoopPromise<Void>
    private let loop: any EventLoop
    private var answer = RegistrationAnswer()
    private var deadline: Scheduled<Void>?
    private var isDone = false

    init(_ target: TunnelTarget, _ glue: TunnelGlue, _ up: EventLoopPromise<Void>, _ loop: any EventLoop) {
        self.target = target
        self.glue = glue
        self.up = up
        self.loop = loop
    }

    func channelActive(context: ChannelHandlerContext) {
        let up = up
        deadline = loop.scheduleTask(in: .seconds(15)) { up.fail(TransportError.timedOut(.handshake)) }
        context.fireChannelActive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        deadline?.cancel()
        if !isDone { up.fail(TunnelFailure.ended) }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted = event as? TLSUserEvent { register(context) }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        up.fail(TransportError.translating(error))
        context.close(promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        do {
            guard let rest = try answer.take(unwrapInboundIn(data)) else { return }
            try goInside(context, rest)
        } catch {
            up.fail(error is TunnelFailure ? error : TunnelFailure.protocolBroken)
            context.close(promise: nil)
        }
    }

    private func register(_ context: ChannelHandlerContext) {
        let request = TunnelJSON.object([
            "id": .number("0"), "method": .string(TunnelMethod.registerClientWithToken.name),
            "params": TunnelJSON.object([
                "clientName": .string(target.name),
                "clientUuid": .string(TunnelUUID(bytes: target.random())?.braced ?? ""),
                "serverUuid": .string(target.serverUUID.braced), "token": .string(target.token),
            ]),
        ])
        let document = TunnelJSON.compact(request) + [0x0A]
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: document)), promise: nil)
    }

    private func goInside(_ context: ChannelHandlerContext, _ rest: [UInt8]) throws {
        isDone = true
        let pipeline = context.pipeline.syncOperations
        switch target.mode {
        case .encrypted(let inner, let port):
            let tls = try inner.client()
            try pipeline.addHandler(tls, position: .after(self))
            try pipeline.addHandler(PortAnswer(port: port, glue: glue, up: up, loop: loop), position: .after(tls))
        case .plain: try pipeline.addHandler(glue, position: .after(self))
        }
        if !rest.isEmpty {
            context.fireChannelRead(wrapInboundOut(ByteBuffer(bytes: rest)))
            context.fireChannelReadComplete()
        }
        pipeline.removeHandler(context: context, promise: nil)
        if case .plain = target.mode { up.succeed() }
    }

    typealias InboundOut = ByteBuffer
}

/// Behind the inner TLS: asks for the port, and hands over to the local connection.
private final class PortAnswer: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let port: Int
    private let glue: TunnelGlue
    private let up: EventLoopPromise<Void>
    private let loop: any EventLoop
    private var line = LineReader()
    private var deadline: Scheduled<Void>?
    private var isDone = false

    init(port: Int, glue: TunnelGlue, up: EventLoopPromise<Void>, loop: any EventLoop) {
        self.port = port
        self.glue = glue
        self.up = up
        self.loop = loop
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let up = up
        deadline = loop.scheduleTask(in: .seconds(20)) { up.fail(TransportError.timedOut(.handshake)) }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        deadline?.cancel()
        if !isDone { up.fail(TunnelFailure.ended) }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted = event as? TLSUserEvent {
            context.writeAndFlush(
                wrapOutboundOut(ByteBuffer(string: TunnelGreeting.connect(port))), promise: nil)
        }
        if case .inputClosed = event as? ChannelEvent, !isDone {
            up.fail(TunnelFailure.ended)
            return context.close(promise: nil)
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        up.fail(TransportError.translating(error))
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        up.fail(TunnelFailure.ended)
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isDone else { return context.fireChannelRead(data) }
        do {
            guard let (words, rest) = try line.take(Array(unwrapInboundIn(data).readableBytesView)) else { return }
            switch String(decoding: words, as: UTF8.self) + "\n" {
            case TunnelGreeting.accepted: try finish(context, rest)
            case TunnelGreeting.refused: throw TunnelFailure.portRefused(port)
            case TunnelGreeting.closed: throw TunnelFailure.portClosed(port)
            default: throw TunnelFailure.protocolBroken
            }
        } catch {
            up.fail(error)
            context.close(promise: nil)
        }
    }

    private func finish(_ context: ChannelHandlerContext, _ rest: [UInt8]) throws {
        isDone = true
        try context.pipeline.syncOperations.addHandler(glue, position: .after(self))
        if !rest.isEmpty {
            context.fireChannelRead(wrapInboundOut(ByteBuffer(bytes: rest)))
            context.fireChannelReadComplete()
        }
        context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
        up.succeed()
    }
}
