internal import Glibc
internal import Metrics
internal import NIOCore

/// Stands in the pipeline of a listening socket: closes the connections that find no place, and stops accepting for a
/// while when it fails for want of open files or memory.
///
/// NIO's `AcceptBackoffHandler` is not enough: it holds back the next wish to read, but the one whose accept failed is
/// still open, and the selector reports the waiting connection again and again.
final class AdmissionHandler: ChannelInboundHandler {
    typealias InboundIn = any Channel
    typealias InboundOut = any Channel

    private let admission: ListenerAdmission
    private let failures: Counter
    private let pause: TimeAmount
    private var next: Scheduled<Void>?

    init(_ admission: ListenerAdmission, failures: Counter, pause: TimeAmount = .seconds(1)) {
        self.admission = admission
        self.failures = failures
        self.pause = pause
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let child = Self.unwrapInboundIn(data)
        guard admission.admit(child) else { return child.close(promise: nil) }
        context.fireChannelRead(data)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? IOError else { return context.fireErrorCaught(error) }
        failures.increment()
        // A client that is gone before it was accepted keeps nobody waiting.
        guard error.errnoCode != ECONNABORTED, next == nil else { return }
        setReading(context, false)
        next = context.eventLoop.assumeIsolated().scheduleTask(in: pause) { [self] in
            next = nil
            setReading(context, true)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        next?.cancel()
        context.fireChannelInactive()
    }

    /// Fails only when the channel is closed, and then there is nothing to read.
    private func setReading(_ context: ChannelHandlerContext, _ isReading: Bool) {
        try? context.channel.syncOptions?.setOption(.autoRead, value: isReading)
    }
}
