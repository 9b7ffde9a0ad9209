internal import Glibc
internal import NIOCore
internal import NIOPosix

/// One client of a device: its bytes go through a pair of sockets, at whose other end they are decrypted and passed to the port the client
/// asks for. The pair gives the inner TLS a channel of its own, with back-pressure like any other.
final class TunnelClientPipe {
    private let address: UInt16
    private let loop: any EventLoop
    private weak var tunnel: DeviceTunnelHandler?
    private var context: ChannelHandlerContext?
    /// What came before the pair was ready.
    private var early: [ByteBuffer] = []
    private var isClosed = false

    init?(
        _ address: UInt16, _ tunnel: DeviceTunnelHandler, _ offer: DeviceTunnelOffer, _ loop: any EventLoop,
        _ onEvent: @escaping @Sendable (DeviceTunnelEvent) -> Void
    ) {
        self.address = address
        self.tunnel = tunnel
        self.loop = loop
        var descriptors: [Int32] = [-1, -1]
        guard
            unsafe socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0, &descriptors) == 0
        else { return nil }
        let own = NIOLoopBound(self, eventLoop: loop)
        let outer = ClientBootstrap(group: loop).channelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(PipeHandler(own.value))
            }
        }.withConnectedSocket(descriptors[0])
        let inner = ClientBootstrap(group: loop).channelOption(.allowRemoteHalfClosure, value: true).channelInitializer
        {
            channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(TunnelBorder())
                try channel.pipeline.syncOperations.addHandler(try offer.inner.server())
                try channel.pipeline.syncOperations.addHandler(
                    PortRequest(address: address, ports: offer.ports, loop: loop, onEvent: onEvent))
            }
        }.withConnectedSocket(descriptors[1])
        inner.and(outer).whenFailure { _ in
            for future in [inner, outer] { future.whenSuccess { $0.close(promise: nil) } }
            own.value.closed()
        }
    }

    fileprivate func opened(_ context: ChannelHandlerContext) {
        guard !isClosed else { return context.close(promise: nil) }
        self.context = context
        for buffer in early { context.write(NIOAny(buffer), promise: nil) }
        early = []
        context.flush()
    }

    fileprivate func closed() {
        context = nil
        guard !isClosed else { return }
        isClosed = true
        tunnel?.ended(address)
    }

    fileprivate func read(_ buffer: ByteBuffer) {
        guard let tunnel else { return }
        tunnel.frame(buffer, address: address, flush: false)
        if !tunnel.isWritable { setReading(false) }
    }

    fileprivate func readComplete() {
        tunnel?.flush()
    }

    fileprivate func writabilityChanged(_ isWritable: Bool) {
        tunnel?.setSlow(address, !isWritable)
    }

    /// Bytes of the client.
    func write(_ buffer: ByteBuffer) {
        guard let context else { return early.append(buffer) }
        context.write(NIOAny(buffer), promise: nil)
    }

    func flush() {
        context?.flush()
    }

    func setReading(_ isReading: Bool) {
        guard let context else { return }
        try? context.channel.syncOptions?.setOption(.autoRead, value: isReading)
        if isReading { context.read() }
    }

    /// The client is gone.
    func close() {
        isClosed = true
        tunnel?.setSlow(address, false)
        guard let context else { return }
        let channel = context.channel
        context.writeAndFlush(NIOAny(ByteBuffer())).whenComplete { _ in channel.close(promise: nil) }
    }
}

/// The end of the pair that belongs to the tunnel.
private final class PipeHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let pipe: TunnelClientPipe

    init(_ pipe: TunnelClientPipe) {
        self.pipe = pipe
    }

    func channelActive(context: ChannelHandlerContext) {
        pipe.opened(context)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        pipe.read(unwrapInboundIn(data))
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        pipe.readComplete()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        pipe.writabilityChanged(context.channel.isWritable)
    }

    func channelInactive(context: ChannelHandlerContext) {
        pipe.closed()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}

/// Behind the inner TLS: which port does the client want, and may it have it?
private final class PortRequest: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let address: UInt16
    private let ports: Set<Int>
    private let loop: any EventLoop
    private let onEvent: @Sendable (DeviceTunnelEvent) -> Void
    private var line = TunnelLine()
    private var isDecided = false
    private var early: [UInt8] = []
    /// The client has said everything.
    private var hasEnded = false
    private var deadline: Scheduled<Void>?

    init(
        address: UInt16, ports: Set<Int>, loop: any EventLoop, onEvent: @escaping @Sendable (DeviceTunnelEvent) -> Void
    ) {
        self.address = address
        self.ports = ports
        self.loop = loop
        self.onEvent = onEvent
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let channel = context.channel
        deadline = loop.scheduleTask(in: .seconds(15)) { channel.close(promise: nil) }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        deadline?.cancel()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let received = Array(unwrapInboundIn(data).readableBytesView)
        guard !isDecided else {
            early += received
            return
        }
        do {
            guard let (words, rest) = try line.take(received) else { return }
            isDecided = true
            early = rest
            guard let port = TunnelGreeting.port(words) else { return context.close(promise: nil) }
            guard ports.contains(port) else { return refuse(context, port, TunnelGreeting.refused) }
            connect(context, port)
        } catch {
            context.close(promise: nil)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .inputClosed = event as? ChannelEvent {
            hasEnded = true
            if !isDecided { context.close(promise: nil) }
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    private func refuse(_ context: ChannelHandlerContext, _ port: Int, _ answer: String) {
        onEvent(.portRefused(address: address, port: port))
        let channel = context.channel
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: answer))).whenComplete { _ in
            channel.close(promise: nil)
        }
    }

    private func connect(_ context: ChannelHandlerContext, _ port: Int) {
        // Until the port answers, nothing more is read.
        try? context.channel.syncOptions?.setOption(.autoRead, value: false)
        let (near, far) = TunnelGlue.pair()
        let farEnd = NIOLoopBound(far, eventLoop: loop)
        let bound = NIOLoopBound((self, context, near), eventLoop: loop)
        ClientBootstrap(group: loop).channelOption(.autoRead, value: false)
            .channelOption(.allowRemoteHalfClosure, value: true).connectTimeout(.seconds(10))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(farEnd.value) }
            }.connect(host: "127.0.0.1", port: port).whenComplete { result in
                let (request, context, near) = bound.value
                switch result {
                case .success: request.join(context, near, farEnd.value, port)
                case .failure: request.refuse(context, port, TunnelGreeting.closed)
                }
            }
    }

    private func join(_ context: ChannelHandlerContext, _ near: TunnelGlue, _ far: TunnelGlue, _ port: Int) {
        guard context.channel.isActive else { return far.setReading(true) }
        onEvent(.portOpened(address: address, port: port))
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: TunnelGreeting.accepted)), promise: nil)
        do {
            try context.pipeline.syncOperations.addHandler(near)
        } catch {
            return context.close(promise: nil)
        }
        if !early.isEmpty { far.send(ByteBuffer(bytes: early)) }
        if hasEnded { near.inputEnded() }
        context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
        near.setReading(true)
        far.setReading(true)
    }
}
