internal import HTTPTypes
internal import NIOCore
internal import NIOHTTP1
internal import NIOHTTPTypesHTTP1

/// Answers, and the ends of a connection.
extension RequestHandler {
    /// Sends a part of an answer.
    ///
    /// - Parameter done: called once the peer can take more, or with the reason why it never will.
    func write(_ part: AnswerPart, of number: UInt64, _ done: @escaping (Result<Void, any Error>) -> Void) {
        guard let context, case .answering(var exchange) = stage, exchange.number == number, !exchange.isAnswered
        else { return done(.failure(ChannelError.ioOnClosedChannel)) }
        if let head = part.head {
            exchange.isAnswering = true
            stage = .answering(exchange)
            guard sendHead(head, exchange, context) else { return done(.success(())) }
        }
        if let content = part.content { send(content, context) }
        if part.isLast {
            done(.success(()))
            return finish(exchange, part.trailers, context)
        }
        context.flush()
        guard !context.channel.isWritable else { return done(.success(())) }
        writers.append(done)
        watchAnswer()
    }

    /// Whether HTTP goes on; not when the connection became a WebSocket.
    private func sendHead(_ head: HTTPResponse, _ exchange: Exchange, _ context: ChannelHandlerContext) -> Bool {
        var raw = HTTPResponseHead(head)
        if head.status == .switchingProtocols {
            stage = .upgraded
            timer.cancel()
            context.write(wrapOutboundOut(.head(raw)), promise: nil)
            gate.open()
            return false
        }
        // What the peer would still have to send for a long body, it is not made to send.
        mustClose = mustClose || !exchange.isRead || head.headerFields[.connection] == "close"
        frame(&raw, exchange.head)
        if mustClose {
            raw.headers.replaceOrAdd(name: "Connection", value: "close")
        } else if exchange.head.isOld {
            raw.headers.replaceOrAdd(name: "Connection", value: "keep-alive")
        }
        context.write(wrapOutboundOut(.head(raw)), promise: nil)
        return true
    }

    /// How the peer finds the end of the answer (RFC 9112 section 6.3).
    private func frame(_ raw: inout HTTPResponseHead, _ request: RequestHead) {
        raw.headers.remove(name: "Transfer-Encoding")
        if !raw.status.mayHaveResponseBody { return raw.headers.remove(name: "Content-Length") }
        if raw.headers.contains(name: "Content-Length") || request.request.method == .head { return }
        if request.isOld { mustClose = true } else { raw.headers.add(name: "Transfer-Encoding", value: "chunked") }
    }

    /// In pieces, so that the TLS library's buffer stays small.
    private func send(_ content: ByteBuffer, _ context: ChannelHandlerContext) {
        var content = content
        while content.readableBytes > limits.answerPart, let piece = content.readSlice(length: limits.answerPart) {
            context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(piece))), promise: nil)
        }
        context.write(wrapOutboundOut(.body(.byteBuffer(content))), promise: nil)
    }

    /// The answer is whole; the next request has its turn when the peer has taken it.
    private func finish(_ exchange: Exchange, _ trailers: HTTPFields?, _ context: ChannelHandlerContext) {
        var exchange = exchange
        exchange.isAnswered = true
        stage = .answering(exchange)
        exchange.body?.fail(ChannelError.inputClosed)
        let left = context.eventLoop.makePromise(of: Void.self)
        context.writeAndFlush(wrapOutboundOut(.end(trailers.map { HTTPHeaders($0) })), promise: left)
        unsent = bufferedBytes(context)
        setTimer(limits.progress)
        left.futureResult.assumeIsolated().whenSuccess { [weak self] in self?.answered(exchange.number) }
    }

    private func answered(_ number: UInt64) {
        guard case .answering(let exchange) = stage, exchange.number == number else { return }
        stage = .idle
        guard !mustClose else { return end(lingers: !exchange.isRead) }
        isReadingHead = false
        setTimer(limits.idle)
        proceed()
    }

    /// The route can't complete its answer.
    func breakOff(_ number: UInt64) {
        guard case .answering(let exchange) = stage, exchange.number == number, !exchange.isAnswered else { return }
        if exchange.isAnswering { context?.close(promise: nil) } else { refuse(.internalServerError) }
    }

    func sayContinue() {
        context?.writeAndFlush(
            wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: .continue))), promise: nil)
    }

    func resumeWriters(_ result: Result<Void, any Error>) {
        let waiting = writers
        writers = []
        for writer in waiting { writer(result) }
    }

    // MARK: - Ends

    /// Rejects malformed input: answers 400 unless an answer has begun, then closes.
    func refuse(_ error: any Error) {
        switch stage {
        case .upgraded, .ended: break
        case .answering(let exchange) where exchange.isAnswering || exchange.isRead: mustClose = true
        case .answering(let exchange) where exchange.body != nil:
            mustClose = true
            exchange.body?.fail(error)
        case .idle, .gathering, .answering: refuse(.badRequest)
        }
    }

    /// Answers with a status alone, and ends the connection.
    func refuse(_ status: HTTPResponseStatus) {
        guard let context else { return }
        let head = HTTPResponseHead(
            version: .http1_1, status: status, headers: ["Content-Length": "0", "Connection": "close"])
        let left = context.eventLoop.makePromise(of: Void.self)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: left)
        stage = .ended
        gate.drop()
        setTimer(limits.linger)
        left.futureResult.assumeIsolated().whenSuccess { [weak self] in self?.end(lingers: true) }
    }

    /// Ends the connection.
    ///
    /// - Parameter lingers: reads and discards for a while what the peer still sends: closing a socket with unread
    ///   bytes resets the connection, and the peer may lose the answer.
    func end(lingers: Bool) {
        stage = .ended
        guard lingers, let context else {
            context?.close(promise: nil)
            return
        }
        gate.drop()
        setTimer(limits.linger)
        context.close(mode: .output, promise: nil)
    }

    func inputEnded() {
        switch stage {
        case .idle, .gathering, .ended: context?.close(promise: nil)
        case .answering(let exchange):
            mustClose = mustClose || gate.heldBytes == 0
            if !exchange.isRead { exchange.body?.fail(ChannelError.inputClosed) }
        case .upgraded: break
        }
    }

    func quiesce() {
        switch stage {
        // What was not received whole was not acknowledged.
        case .idle, .gathering: context?.close(promise: nil)
        case .answering: mustClose = true
        // Its task is told; the listener waits for that.
        case .upgraded, .ended: break
        }
    }
}
