internal import NIOCore

/// Joins two channels of one event loop: what one reads the other writes, no faster than it can. When one has read
/// everything, the other says so to its peer and goes on reading: many a program sends a request, ends its side, and
/// waits for the answer. They are closed together.
final class TunnelGlue: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// How long a tunnel of which one direction has ended may pass nothing in the other.
    private static let quiet = TimeAmount.minutes(10)
    /// The same where the end can't be passed on, so that nobody at the other side knows of it.
    private static let quietUnknown = TimeAmount.seconds(30)

    private var context: ChannelHandlerContext?
    private var partner: TunnelGlue?
    /// Whether the peer of this channel can be told that there is no more while it goes on sending.
    private let passesEnd: Bool
    /// What was to be written before the channel was there: a program that ends its side at once is read to its end.
    private var early: [ByteBuffer] = []
    /// Everything was read from this channel.
    private var hasEnded = false
    /// The partner's channel has nothing more to say to this one, or has gone, before this one was there.
    private var endsEarly = false, isOver = false
    /// Done when the peer was told that there is no more.
    private var outputEnd: EventLoopFuture<Void>?
    private var quietUntil = NIODeadline.now()

    private init(passesEnd: Bool) {
        self.passesEnd = passesEnd
    }

    /// Two ends; each is added to its channel's pipeline. Both channels read from when both are there.
    ///
    /// - Parameter passesEnd: whether the second can tell its peer that there is no more.
    static func pair(passesEnd: Bool = true) -> (TunnelGlue, TunnelGlue) {
        let (one, other) = (TunnelGlue(passesEnd: true), TunnelGlue(passesEnd: passesEnd))
        one.partner = other
        other.partner = one
        return (one, other)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        for buffer in early { write(buffer) }
        early = []
        context.flush()
        if endsEarly { endOutput() }
        if isOver { finish() }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        leave()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard let partner else { return }
        partner.write(unwrapInboundIn(data))
        if !partner.isWritable { setReading(false) }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        partner?.context?.flush()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { partner?.setReading(true) }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .inputClosed = event as? ChannelEvent { inputEnded() }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        leave()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    /// Writes and sends at once.
    func send(_ buffer: ByteBuffer) {
        write(buffer)
        context?.flush()
    }

    func setReading(_ isReading: Bool) {
        guard let context else { return }
        try? context.channel.syncOptions?.setOption(.autoRead, value: isReading)
        if isReading { context.read() }
    }

    private var isWritable: Bool { context?.channel.isWritable ?? true }

    private func write(_ buffer: ByteBuffer) {
        if hasEnded { quietUntil = .now() + quiet }
        guard let context else { return early.append(buffer) }
        context.write(wrapOutboundOut(buffer), promise: nil)
    }

    // MARK: - End

    /// The peer of this channel has said everything.
    func inputEnded() {
        guard !hasEnded, let partner else { return }
        hasEnded = true
        if partner.hasEnded {
            // Both have: what is queued leaves, then it is over.
            leave(keepingContext: true)
            finish()
        } else {
            partner.endOutput()
            quietUntil = .now() + quiet
            watch()
        }
    }

    private func endOutput() {
        guard let context else {
            endsEarly = true
            return
        }
        context.flush()
        guard passesEnd, outputEnd == nil else { return }
        let promise = context.eventLoop.makePromise(of: Void.self)
        outputEnd = promise.futureResult
        context.close(mode: .output, promise: promise)
    }

    private var quiet: TimeAmount { partner?.passesEnd ?? true ? Self.quiet : Self.quietUnknown }

    /// Nobody may be left at the other end: one whose program is gone looks like one that waits for an answer.
    private func watch() {
        context?.eventLoop.assumeIsolated().scheduleTask(deadline: quietUntil) { [weak self] in
            guard let self, partner != nil else { return }
            if quietUntil <= .now() { context?.close(promise: nil) } else { watch() }
        }
    }

    private func leave(keepingContext: Bool = false) {
        if !keepingContext { context = nil }
        let other = partner
        partner = nil
        other?.partner = nil
        other?.finish()
    }

    /// What is queued leaves first, for ten seconds at most.
    private func finish() {
        guard let context else {
            isOver = true
            return
        }
        let channel = context.channel
        let deadline = context.eventLoop.scheduleTask(in: .seconds(10)) { channel.close(promise: nil) }
        var written = outputEnd
        if written == nil {
            let promise = context.eventLoop.makePromise(of: Void.self)
            context.writeAndFlush(wrapOutboundOut(ByteBuffer()), promise: promise)
            written = promise.futureResult
        }
        written?.whenComplete { _ in
            deadline.cancel()
            channel.close(promise: nil)
        }
    }
}

/// Stands between the inner TLS and what carries it, which knows no half-open connections: an end of the inner TLS is
/// said inside of it alone, and an end of what carries it is the end of everything.
final class TunnelBorder: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        guard case .output = mode else { return context.close(mode: mode, promise: promise) }
        // Done when all that was written before has left.
        context.writeAndFlush(wrapOutboundOut(ByteBuffer()), promise: promise)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case .inputClosed = event as? ChannelEvent else { return context.fireUserInboundEventTriggered(event) }
        context.close(promise: nil)
    }
}
