internal import NIOCore
internal import NIOWebSocket

/// One WebSocket on its event loop: frames in, messages to the reader; messages of the senders out; pings, limits, the
/// close.
///
/// Nothing goes on to the handlers behind it, and what they write does not concern it.
final class WebSocketHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = WebSocketFrame
    typealias InboundOut = Never
    typealias OutboundIn = Never
    typealias OutboundOut = WebSocketFrame
    typealias Source = MessageSequence.Source

    private enum State {
        case open
        /// A close frame of ours is on its way; the peer's is awaited.
        case closing
        case closed
    }

    private let role: MessageAssembler.Role
    private let limits: WebSocketLimits
    private let ending: EndRecord
    private var assembler: MessageAssembler
    private var state = State.open
    private var source: Source?
    private var context: ChannelHandlerContext?
    private var timer: Scheduled<Void>?
    /// The reader has enough for now; `isReadAsked` remembers that the connection could go on.
    private var isPaused = false
    private var isReadAsked = false
    private var lastHeard = NIODeadline.distantFuture
    private var lastPing = NIODeadline.distantFuture
    /// Frames that were handed to the connection and have not left yet, and since when none did.
    private var waitingWrites = 0
    private var lastProgress = NIODeadline.distantFuture
    /// A ping that can't be answered yet: of several only the last one counts (RFC 6455, 5.5.3).
    private var unansweredPing: [UInt8]?

    init(role: MessageAssembler.Role, limits: WebSocketLimits, ending: EndRecord) {
        self.role = role
        self.limits = limits
        self.ending = ending
        assembler = MessageAssembler(
            role: role, messageLimit: limits.messageBytes, frameLimit: limits.fragments)
    }

    /// Where messages go; set before the handler is added.
    func connect(_ source: Source) {
        self.source = source
    }

    // MARK: - Channel

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        (lastHeard, lastPing) = (now, now)
        arm(context)
    }

    /// The limits are looked at four times as often as the shortest of them.
    private func arm(_ context: ChannelHandlerContext) {
        let shortest = min(limits.pingInterval, limits.silence, limits.sending)
        let tick = max(TimeAmount(shortest / 4), .milliseconds(5))
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: tick) { [weak self] in
            guard let self, state != .closed, let context = self.context else { return }
            check()
            arm(context)
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        end(.failure(.lost))
        self.context = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        end(.failure(.lost))
        context.fireChannelInactive()
    }

    func read(context: ChannelHandlerContext) {
        if isPaused {
            isReadAsked = true
        } else {
            context.read()
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        lastHeard = now
        guard state != .closed else { return }
        let outcome = assembler.receive(unwrapInboundIn(data))
        guard state == .open else {
            // Only the answer to our close is of interest any more.
            if case .closed = outcome { shut() }
            return
        }
        switch outcome {
        case .nothing: break
        case .message(let message): deliver(message)
        case .ping(let payload):
            unansweredPing = payload
            answerPing()
        case .closed(let code, _):
            ending.note(code)
            sendClose(code == .none ? nil : code, reason: "")
            state = .closing
            finish(nil)
            // Behind the close frame, because both go the same way.
            context.eventLoop.assumeIsolated().execute { [self] in shut() }
        case .violation(let code): close(code, reason: "", as: .violated(code))
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        answerPing()
        context.fireChannelWritabilityChanged()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case ChannelEvent.inputClosed: end(.failure(.lost))
        case is ChannelShouldQuiesceEvent: close(.goingAway, reason: "")
        default: break
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? NIOWebSocketError else { return end(.failure(.lost)) }
        let code = error == .invalidFrameLength ? WebSocketCloseCode.tooLarge : .protocolError
        close(code, reason: "", as: .violated(code))
    }

    // MARK: - What the owner asks for

    func send(_ message: WebSocketMessage, _ promise: EventLoopPromise<Void>) {
        guard state == .open else { return promise.fail(WebSocketError.closed) }
        switch message {
        case .text(let text): write(.text, ByteBuffer(string: text), promise)
        case .binary(let bytes): write(.binary, ByteBuffer(bytes: bytes), promise)
        }
    }

    /// Says goodbye; the connection ends when the peer answers, or when its time is up.
    func close(_ code: WebSocketCloseCode, reason: String, as failure: WebSocketError? = nil) {
        guard state == .open, let context else { return }
        ending.note(code)
        sendClose(code, reason: reason)
        state = .closing
        finish(failure)
        context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(limits.closing)) { [weak self] in
            self?.shut()
        }
    }

    /// The reader has room again.
    func resumeReading() {
        guard isPaused else { return }
        isPaused = false
        // What the peer said meanwhile waits in the kernel: it was not silent, we did not listen.
        lastHeard = now
        guard isReadAsked else { return }
        isReadAsked = false
        context?.read()
    }

    // MARK: - Pieces

    private func deliver(_ message: WebSocketMessage) {
        if case .stopProducing = source?.yield(message) { isPaused = true }
    }

    private func answerPing() {
        guard state == .open, let payload = unansweredPing, context?.channel.isWritable == true else { return }
        unansweredPing = nil
        write(.pong, ByteBuffer(bytes: payload), nil)
    }

    private func sendClose(_ code: WebSocketCloseCode?, reason: String) {
        var payload = ByteBuffer()
        if let code {
            payload.writeInteger(code.rawValue)
            payload.writeString(Self.short(reason))
        }
        write(.connectionClose, payload, nil)
    }

    /// A control frame holds 125 bytes, two of them for the code.
    private static func short(_ reason: String) -> String {
        var reason = reason
        while reason.utf8.count > 123 { reason.removeLast() }
        return reason
    }

    private func write(_ opcode: WebSocketOpcode, _ data: ByteBuffer, _ promise: EventLoopPromise<Void>?) {
        guard let context else {
            promise?.fail(WebSocketError.closed)
            return
        }
        if waitingWrites == 0 { lastProgress = now }
        waitingWrites += 1
        let frame = WebSocketFrame(
            fin: true, opcode: opcode, maskKey: role == .client ? .random() : nil, data: data)
        let written = context.eventLoop.makePromise(of: Void.self)
        written.futureResult.assumeIsolated().whenComplete { [self] result in
            waitingWrites -= 1
            lastProgress = now
            switch result {
            case .success: promise?.succeed()
            case .failure: promise?.fail(ending.failure ?? WebSocketError.closed)
            }
        }
        context.writeAndFlush(wrapOutboundOut(frame), promise: written)
    }

    private func check() {
        let now = self.now
        if waitingWrites > 0, now - lastProgress >= TimeAmount(limits.sending) { return end(.failure(.timedOut)) }
        guard state == .open else { return }
        if !isPaused, now - lastHeard >= TimeAmount(limits.silence) {
            guard let code = limits.silenceCode else { return end(.failure(.timedOut)) }
            return close(code, reason: "nothing was heard", as: .timedOut)
        }
        guard now - lastPing >= TimeAmount(limits.pingInterval), context?.channel.isWritable == true else { return }
        lastPing = now
        write(.ping, ByteBuffer(), nil)
    }

    /// The event loop's time, which a test's loop lets pass by hand.
    private var now: NIODeadline { context?.eventLoop.now ?? .now() }

    /// Tells the reader that nothing more comes.
    private func finish(_ failure: WebSocketError?) {
        if let failure { ending.note(failure) }
        if let failure {
            source?.finish(failure)
        } else {
            source?.finish()
        }
        source = nil
        // The peer's answer to a close must be read, whether or not the reader took everything.
        isPaused = false
        if isReadAsked {
            isReadAsked = false
            context?.read()
        }
    }

    private func end(_ result: Result<Void, WebSocketError>) {
        guard state != .closed else { return }
        if case .failure(let failure) = result { finish(state == .open ? failure : nil) } else { finish(nil) }
        shut()
    }

    private func shut() {
        guard state != .closed else { return }
        state = .closed
        timer?.cancel()
        timer = nil
        context?.close(promise: nil)
    }
}
