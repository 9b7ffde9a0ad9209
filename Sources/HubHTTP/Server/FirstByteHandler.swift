package import NIOCore
internal import NIOExtras

/// All that a new connection has until its peer says something: TLS and HTTP are set up by the first byte, not by the
/// connection.
package final class FirstByteHandler: ChannelInboundHandler, RemovableChannelHandler {
    /// Bytes of the peer.
    package typealias InboundIn = ByteBuffer

    private let timeout: TimeAmount
    private let setUp: (ChannelHandlerContext) throws -> Void
    private var deadline: Scheduled<Void>?

    /// Waits for the first byte.
    ///
    /// - Parameters:
    ///   - timeout: for the first byte; the connection is closed without a word.
    ///   - setUp: adds the handlers that take the bytes, behind this one.
    package init(timeout: TimeAmount, setUp: @escaping (ChannelHandlerContext) throws -> Void) {
        self.timeout = timeout
        self.setUp = setUp
    }

    package func handlerAdded(context: ChannelHandlerContext) {
        deadline = context.eventLoop.assumeIsolated().scheduleTask(in: timeout) { context.close(promise: nil) }
    }

    package func handlerRemoved(context: ChannelHandlerContext) {
        deadline?.cancel()
        deadline = nil
    }

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        do {
            try setUp(context)
            context.fireChannelRead(data)
            context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
        } catch {
            context.close(promise: nil)
        }
    }

    package func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case is ChannelShouldQuiesceEvent, ChannelEvent.inputClosed: context.close(promise: nil)
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    package func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
