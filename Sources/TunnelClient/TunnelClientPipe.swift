internal import Glibc
internal import NIOCore
internal import NIOPosix

/// One client of a device: its bytes go through a pair of sockets, at whose other end they are decrypted and passed to
/// the port the client asks for. The pair gives the inner TLS a channel of its own, with back-pressure like any other.
final class TunnelClientPipe {
    let address: UInt16
    private let loop: any EventLoop
    private let patience: TunnelPatience
    private weak var tunnel: DeviceTunnelHandler?
    private var context: ChannelHandlerContext?
    /// What came before the pair was ready.
    private var early = ByteBuffer()
    private var isClosed = false
    /// So much waits that no more is read for anybody.
    private var isFull = false
    private var holdings: TunnelHoldings
    private var deadline: Scheduled<Void>?

    init?(
        _ address: UInt16, _ tunnel: DeviceTunnelHandler, _ offer: DeviceTunnelOffer, _ loop: any EventLoop,
        _ onEvent: @escaping @Sendable (DeviceTunnelEvent) -> Void
    ) {
        self.address = address
        self.tunnel = tunnel
        self.loop = loop
        patience = offer.patience
        holdings = TunnelHoldings(offer.patience)
        var descriptors: [Int32] = [-1, -1]
        guard
            unsafe socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0, &descriptors) == 0
        else { return nil }
        let own = NIOLoopBound(self, eventLoop: loop)
        // Reading goes on as soon as a quarter has left: others wait no longer than needed.
        let marks = ChannelOptions.Types.WriteBufferWaterMark(
            low: patience.queueBytes / 4 * 3, high: patience.queueBytes)
        let outer = ClientBootstrap(group: loop).channelOption(.writeBufferWaterMark, value: marks)
            .channelInitializer { channel in
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

    // MARK: - The pair

    fileprivate func opened(_ context: ChannelHandlerContext) {
        self.context = context
        if early.readableBytes > 0 { context.writeAndFlush(NIOAny(early), promise: nil) }
        early = ByteBuffer()
        if isClosed { endPair() } else { lookAtQueue() }
    }

    fileprivate func closed() {
        context = nil
        guard !isClosed else { return }
        leave()
        tunnel?.ended(self)
    }

    fileprivate func read(_ buffer: ByteBuffer) {
        guard let tunnel, !isClosed else { return }
        tunnel.frame(buffer, address: address, flush: false)
        if !tunnel.isWritable { setReading(false) }
    }

    fileprivate func readComplete() {
        tunnel?.flush()
    }

    fileprivate func writabilityChanged() {
        lookAtQueue()
    }

    // MARK: - The client

    /// Bytes of the client.
    func write(_ buffer: ByteBuffer) {
        if let context {
            context.write(NIOAny(buffer), promise: nil)
        } else {
            early.writeImmutableBuffer(buffer)
        }
        lookAtQueue()
    }

    func flush() {
        context?.flush()
    }

    func setReading(_ isReading: Bool) {
        guard let context else { return }
        try? context.channel.syncOptions?.setOption(.autoRead, value: isReading)
        if isReading { context.read() }
    }

    /// The client is gone; what it sent still reaches its port, if that takes it.
    func finish() {
        guard !isClosed else { return }
        leave()
        endPair()
    }

    private func leave() {
        isClosed = true
        setFull(false)
    }

    /// What is queued leaves first, for ten seconds at most.
    private func endPair() {
        guard let context else { return }
        let channel = context.channel
        let deadline = loop.scheduleTask(in: .seconds(10)) { channel.close(promise: nil) }
        context.writeAndFlush(NIOAny(ByteBuffer())).whenComplete { _ in
            deadline.cancel()
            channel.close(promise: nil)
        }
    }

    // MARK: - Holding back

    private func lookAtQueue() {
        guard !isClosed else { return }
        setFull(context.map { !$0.channel.isWritable } ?? (early.readableBytes > patience.queueBytes))
    }

    private func setFull(_ full: Bool) {
        guard full != isFull else { return }
        isFull = full
        let now = Self.now
        if full { holdings.begin(at: now) } else { holdings.end(at: now) }
        deadline?.cancel()
        deadline = nil
        tunnel?.setSlow(address, full)
        if full { waitForRoom(now) }
    }

    /// Sends the client away when it has held the others up for too long, at a stretch or bit by bit.
    private func waitForRoom(_ now: Duration) {
        guard let left = holdings.left(at: now) else {
            let channel = context?.channel
            leave()
            tunnel?.ended(self)
            // Nothing is waited for: it does not read.
            channel?.close(promise: nil)
            return
        }
        deadline = loop.assumeIsolated().scheduleTask(in: TimeAmount(left)) { [weak self] in
            guard let self, isFull else { return }
            waitForRoom(Self.now)
        }
    }

    private static var now: Duration { .nanoseconds(Int64(clamping: NIODeadline.now().uptimeNanoseconds)) }
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
        pipe.writabilityChanged()
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
    private var line = LineReader()
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
                case .success(let channel): request.join(context, near, farEnd.value, channel, port)
                case .failure: request.refuse(context, port, TunnelGreeting.closed)
                }
            }
    }

    private func join(
        _ context: ChannelHandlerContext, _ near: TunnelGlue, _ far: TunnelGlue, _ farChannel: any Channel, _ port: Int
    ) {
        // The client may be gone by now; then nobody else would end the port's connection.
        guard context.channel.isActive else { return farChannel.close(promise: nil) }
        onEvent(.portOpened(address: address, port: port))
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: TunnelGreeting.accepted)), promise: nil)
        do {
            try context.pipeline.syncOperations.addHandler(near)
        } catch {
            farChannel.close(promise: nil)
            return context.close(promise: nil)
        }
        if !early.isEmpty { far.send(ByteBuffer(bytes: early)) }
        if hasEnded { near.inputEnded() }
        context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
        near.setReading(true)
        far.setReading(true)
    }
}
