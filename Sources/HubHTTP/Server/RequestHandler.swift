internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import NIOCore
internal import NIOExtras
internal import NIOHTTP1
internal import NIOHTTPTypesHTTP1

/// The HTTP side of one connection: requests in, one after the other to their route, answers out; and how long all of
/// that may take.
///
/// It holds no task: between requests a connection is this object and the handlers before it. Lives on the connection's
/// loop.
final class RequestHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    /// Where the connection is in its life.
    enum Stage {
        case idle
        /// A short body is on its way.
        case gathering(RequestHead, ByteBuffer)
        /// A route has the request.
        case answering(Exchange)
        /// It became a WebSocket.
        case upgraded
        /// Its last answer has left, or there is none.
        case ended
    }

    /// A request that its route has.
    struct Exchange {
        let number: UInt64
        let head: RequestHead
        /// A long body; `nil` for one that the route has already.
        var body: BodyPipe?
        /// Whether the whole request was read.
        var isRead: Bool
        /// Whether the head of the answer has left.
        var isAnswering = false
        /// Whether its end was handed over; the peer may not have taken it yet.
        var isAnswered = false
        var owesContinue = false
    }

    let limits: ServerLimits
    let gate: RequestGate
    let connection: Connection
    let start: (RequestJob) -> Void
    var stage = Stage.idle
    var context: ChannelHandlerContext?
    var timer = ConnectionTimer()
    /// Parts of requests that were decoded together with the end of a chunked body.
    var waiting: [HTTPServerRequestPart] = []
    private var waitingHeads = 0
    var mustClose = false
    /// Writers that wait until the peer has taken what was sent.
    var writers: [(Result<Void, any Error>) -> Void] = []
    /// Bytes of the long body that came in the present period.
    var uploaded = 0
    /// Bytes that waited for the peer when the present period began.
    var unsent = 0
    /// Whether the deadline is one for the present head; the rest of it does not renew it.
    var isReadingHead = false
    private var number: UInt64 = 0

    /// - Parameter start: runs a request in a task of the listener.
    init(limits: ServerLimits, gate: RequestGate, connection: Connection, start: @escaping (RequestJob) -> Void) {
        self.limits = limits
        self.gate = gate
        self.connection = connection
        self.start = start
    }

    // MARK: - Channel

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        gate.onPartialHead = { [weak self] in self?.headIsPartial() }
        gate.onOverflow = { [weak self] in self?.context?.close(promise: nil) }
        setTimer(limits.firstRequest)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        lose(ChannelError.ioOnClosedChannel)
        self.context = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        lose(ChannelError.ioOnClosedChannel)
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        take(unwrapInboundIn(data))
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { resumeWriters(.success(())) }
        context.fireChannelWritabilityChanged()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case is ChannelShouldQuiesceEvent: quiesce()
        case ChannelEvent.inputClosed: inputEnded()
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch error {
        case is HTTPParserError: refuse(error)
        // TLS tells the end of the input apart from its cause; the end itself comes as an event.
        case let error where isUncleanEnd(error): mustClose = true
        default: context.close(promise: nil)
        }
    }

    private func lose(_ error: any Error) {
        timer.cancel()
        if case .answering(let exchange) = stage { exchange.body?.fail(error) }
        stage = .ended
        waiting = []
        resumeWriters(.failure(error))
    }

    // MARK: - Requests

    func take(_ part: HTTPServerRequestPart) {
        switch (stage, part) {
        case (.idle, .head(let head)): begin(head)
        case (.idle, _): break
        case (.gathering(let head, var content), .body(var more)):
            // Moved out while it is written to, so that it is not copied.
            stage = .idle
            content.writeBuffer(&more)
            stage = .gathering(head, content)
        case (.gathering(let head, let content), .end):
            gate.requestEnded()
            answer(head, RequestBody(buffer: content), pipe: nil)
        case (.gathering, .head), (.upgraded, _), (.ended, _): break
        case (.answering(let exchange), _) where exchange.isRead: wait(part)
        case (.answering(let exchange), .body(let content)): upload(content, exchange)
        case (.answering(let exchange), .end): endUpload(exchange)
        case (.answering, .head): refuse(MalformedRequest())
        }
    }

    private func begin(_ head: HTTPRequestHead) {
        waitingHeads = max(0, waitingHeads - 1)
        do throws(MalformedRequest) {
            let head = try RequestHead(head)
            mustClose = mustClose || !head.keepsAlive
            switch head.body {
            case .none:
                gate.requestEnded()
                answer(head, RequestBody(buffer: ByteBuffer()), pipe: nil)
            case .length(let length) where length <= limits.gathered:
                gate.bodyFollows(length: length)
                stage = .gathering(head, ByteBuffer())
                setTimer(limits.body)
                if head.expectsContinue { sayContinue() }
            case .length(let length):
                gate.bodyFollows(length: length)
                stream(head)
            case .chunks:
                gate.bodyFollows(length: nil)
                stream(head)
            }
        } catch {
            refuse(error)
        }
    }

    private func answer(_ head: RequestHead, _ body: RequestBody, pipe: BodyPipe?) {
        guard let context else { return }
        number += 1
        let exchange = Exchange(
            number: number, head: head, body: pipe, isRead: pipe == nil,
            owesContinue: pipe != nil && head.expectsContinue)
        stage = .answering(exchange)
        unsent = 0
        setTimer(pipe == nil ? nil : limits.progress)
        start(
            RequestJob(
                request: Request(head: head.request, body: body), connection: connection, channel: context.channel,
                sink: AnswerSink(
                    handler: NIOLoopBound(self, eventLoop: context.eventLoop), loop: context.eventLoop, number: number))
        )
    }

    private func stream(_ head: RequestHead) {
        guard let context else { return }
        let loop = context.eventLoop
        let bound = NIOLoopBound(self, eventLoop: loop)
        let own = number + 1
        let pipe = BodyPipe { loop.execute { bound.value.bodyIsWanted(own) } }
        uploaded = 0
        answer(head, RequestBody(asyncSequence: pipe), pipe: pipe)
    }

    private func upload(_ content: ByteBuffer, _ exchange: Exchange) {
        uploaded += content.readableBytes
        exchange.body?.push(content)
        gate.pause((exchange.body?.waitingBytes ?? 0) >= limits.waitingBody)
    }

    private func endUpload(_ exchange: Exchange) {
        gate.requestEnded()
        exchange.body?.finish()
        var exchange = exchange
        exchange.isRead = true
        stage = .answering(exchange)
    }

    /// The route waits for more of the body.
    private func bodyIsWanted(_ number: UInt64) {
        guard case .answering(var exchange) = stage, exchange.number == number else { return }
        if exchange.owesContinue {
            exchange.owesContinue = false
            stage = .answering(exchange)
            sayContinue()
        }
        gate.pause(false)
    }

    /// A request that was decoded together with the chunks before it.
    private func wait(_ part: HTTPServerRequestPart) {
        waiting.append(part)
        if case .head = part { waitingHeads += 1 }
        guard waitingHeads <= limits.waitingRequests else { return gate.onOverflow() }
    }

    /// Takes up what was decoded ahead, as far as it goes, and then what comes.
    func proceed() {
        while !waiting.isEmpty, takesParts { take(waiting.removeFirst()) }
        if case .idle = stage { gate.answered() } else { gate.pause(false) }
    }

    /// Whether the next part has its turn.
    private var takesParts: Bool {
        switch stage {
        case .idle, .gathering: true
        case .answering(let exchange): !exchange.isRead
        case .upgraded, .ended: false
        }
    }

    private func headIsPartial() {
        guard case .idle = stage, !isReadingHead else { return }
        isReadingHead = true
        setTimer(limits.head)
    }
}
