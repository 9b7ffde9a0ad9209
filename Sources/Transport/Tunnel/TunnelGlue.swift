internal import NIOCore

/// Joins two channels of one event loop: what one reads the other writes, no faster than it can, and they end together.
final class TunnelGlue: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private var context: ChannelHandlerContext?
    private var partner: TunnelGlue?

    /// Two ends; each is added to its channel's pipeline. Both channels read from when both are there.
    static func pair() -> (TunnelGlue, TunnelGlue) {
        let (one, other) = (TunnelGlue(), TunnelGlue())
        one.partner = other
        other.partner = one
        return (one, other)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
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
        context?.write(wrapOutboundOut(buffer), promise: nil)
    }

    private func leave() {
        context = nil
        let other = partner
        partner = nil
        other?.partner = nil
        other?.finish()
    }

    /// What is queued leaves first, for ten seconds at most.
    private func finish() {
        guard let context else { return }
        let channel = context.channel
        let deadline = context.eventLoop.scheduleTask(in: .seconds(10)) { channel.close(promise: nil) }
        let written = context.eventLoop.makePromise(of: Void.self)
        context.writeAndFlush(wrapOutboundOut(ByteBuffer()), promise: written)
        written.futureResult.whenComplete { _ in
            deadline.cancel()
            channel.close(promise: nil)
        }
    }
}
