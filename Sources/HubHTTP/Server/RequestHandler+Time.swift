internal import NIOCore
internal import NIOHTTP1
internal import NIOSSL

/// How long a connection may take.
extension RequestHandler {
    /// Sets the deadline of the present stage, or removes it.
    func setTimer(_ time: TimeAmount?) {
        guard let context else { return }
        timer.set(time, on: context.eventLoop) { [weak self] in self?.timerFired() }
    }

    private func timerFired() {
        guard let context, timer.isDue(on: context.eventLoop, { [weak self] in self?.timerFired() }) else { return }
        switch stage {
        case .idle where isReadingHead, .gathering: refuse(.requestTimeout)
        case .idle, .ended: context.close(promise: nil)
        case .answering(let exchange): watch(exchange, context)
        case .upgraded: break
        }
    }

    /// A period is over: has anything moved in it?
    private func watch(_ exchange: Exchange, _ context: ChannelHandlerContext) {
        if !writers.isEmpty || exchange.isAnswered {
            let left = bufferedBytes(context)
            guard left < unsent else { return context.close(promise: nil) }
            unsent = left
            setTimer(limits.progress)
        } else if let body = exchange.body, !exchange.isRead {
            // A route that takes its time holds the peer up, not the other way round.
            guard uploaded >= limits.uploadBytes || !body.hasReader else {
                return body.fail(ChannelError.connectTimeout(limits.progress))
            }
            uploaded = 0
            setTimer(limits.progress)
        }
    }

    /// The peer has not taken what was sent: it has a period to begin to.
    func watchAnswer() {
        guard let context, writers.count == 1 else { return }
        unsent = bufferedBytes(context)
        setTimer(limits.progress)
    }

    /// Bytes of answers that the peer has not taken.
    func bufferedBytes(_ context: ChannelHandlerContext) -> Int {
        (try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
    }

    /// A peer that ends its side without TLS's goodbye; many do.
    func isUncleanEnd(_ error: any Error) -> Bool {
        (error as? NIOSSLError) == .uncleanShutdown
    }
}
