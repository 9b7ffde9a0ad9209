internal import NIOCore

/// Stands before the HTTP decoder and hands it the bytes of one request at a time; the next ones wait undecoded, and
/// further ones in the kernel, until the answer has left. So a pipeline of requests costs its bytes, not a thousand
/// request values.
///
/// ``RequestHandler`` tells it where a request begins, what kind of body follows, and when it was answered. Lives on
/// the channel's loop.
final class RequestGate: ChannelInboundHandler, ChannelOutboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = IOData

    /// What the next bytes are.
    private enum Stage: Equatable {
        case head
        /// A body of which so many bytes are still to come.
        case body(Int)
        /// A body whose length shows only in its chunks.
        case chunks
        /// The next request, which has to wait for its turn.
        case later
        /// No HTTP any more.
        case open
        case dropped
    }

    /// Bytes of a chunked body that are decoded at once; requests behind it are decoded with it.
    private static let chunkSlice = 4 * 1024

    private let limits: ServerLimits
    private var stage = Stage.head
    private var scanner = HeadScanner()
    private var held = ByteBuffer()
    private var isPaused = false
    private var isFeeding = false
    private var isReadWanted = false
    private var hasInputEnded = false
    private var context: ChannelHandlerContext?
    /// Told when a head has begun to arrive and has not ended with what was read.
    var onPartialHead: () -> Void = {}
    /// Told when the peer sent more ahead than anybody may.
    var onOverflow: () -> Void = {}

    init(limits: ServerLimits) {
        self.limits = limits
    }

    /// Bytes that wait here.
    var heldBytes: Int { held.readableBytes }

    // MARK: - What the handler of the requests says

    /// The head was decoded.
    ///
    /// - Parameter length: declared length of the body; `nil` when it is chunked.
    func bodyFollows(length: Int?) {
        stage = length.map(Stage.body) ?? .chunks
    }

    /// The whole request was decoded.
    func requestEnded() {
        // The route that read the body last may have had enough of it for a while.
        isPaused = false
        if stage != .open, stage != .dropped { stage = .later }
    }

    /// The request was answered: the next one has its turn.
    func answered() {
        guard stage == .later else { return }
        stage = .head
        feed()
    }

    /// The reader of the body has enough for now, or wants more.
    func pause(_ isPaused: Bool) {
        self.isPaused = isPaused
        if !isPaused { feed() }
    }

    /// The connection is no HTTP any more: everything goes through.
    func open() {
        stage = .open
        feed()
    }

    /// Whatever comes is dropped.
    func drop() {
        stage = .dropped
        held = ByteBuffer()
        feed()
    }

    // MARK: - Channel

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        onPartialHead = {}
        onOverflow = {}
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard stage != .open else { return context.fireChannelRead(data) }
        guard stage != .dropped else { return }
        var buffer = unwrapInboundIn(data)
        if held.readableBytes == 0 { held = buffer } else { held.writeBuffer(&buffer) }
        feed()
        if held.readableBytes > limit { onOverflow() }
    }

    /// At its end the kernel hands over all that a peer sent, asked or not: then a body may be longer.
    private var limit: Int {
        switch stage {
        case .body, .chunks: 16 * limits.waitingBytes
        default: limits.waitingBytes
        }
    }

    func read(context: ChannelHandlerContext) {
        if mayRead { context.read() } else { isReadWanted = true }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case ChannelEvent.inputClosed = event, stage != .open, stage != .dropped else {
            return context.fireUserInboundEventTriggered(event)
        }
        hasInputEnded = true
        feed()
    }

    private var mayRead: Bool {
        switch stage {
        case .open, .dropped: true
        case .later: false
        case .head, .body, .chunks: held.readableBytes == 0 && !isPaused
        }
    }

    private func feed() {
        guard !isFeeding, let context else { return }
        isFeeding = true
        while let piece = next() { context.fireChannelRead(wrapInboundOut(piece)) }
        isFeeding = false
        if stage == .head, scanner.isWithinHead { onPartialHead() }
        if hasInputEnded, held.readableBytes == 0, stage != .later {
            hasInputEnded = false
            context.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        }
        guard isReadWanted, mayRead else { return }
        isReadWanted = false
        context.read()
    }

    private func next() -> ByteBuffer? {
        guard held.readableBytes > 0, !isPaused || stage == .open else { return nil }
        let count: Int
        switch stage {
        case .head: count = scanner.end(in: held.readableBytesUInt8Span) ?? held.readableBytes
        case .body(let left):
            count = min(left, held.readableBytes)
            stage = .body(left - count)
        case .chunks: count = min(Self.chunkSlice, held.readableBytes)
        case .open: count = held.readableBytes
        case .later, .dropped: return nil
        }
        guard let piece = held.readSlice(length: count) else { return nil }
        if held.readableBytes == 0 { held = ByteBuffer() }
        return piece
    }
}
