internal import HubHTTP
internal import NIOCore
internal import Wire

/// One connection to a tunnel server, over whatever transport: reads, writes, closes, and holds back a sender whose
/// partner is slow.
///
/// What its bytes mean is in ``TunnelEnd+Requests.swift`` and, once it is joined with others, in
/// ``TunnelEnd+Relay.swift``. Lives on the event loop of its ``TunnelCore``, and is used nowhere else.
final class TunnelEnd: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Where it is in its life (docs/protocols/tunnel.md A5, B1).
    enum Phase {
        case connected
        /// The gate thinks about it.
        case checking(TunnelCall)
        /// Alone.
        case waiting
        /// Joined with a partner by a rendezvous.
        case tunnel(TunnelEnd)
        /// Registered, with clients or without.
        case server
        /// Joined with a registered server, which knows it under this address.
        case client(TunnelEnd, UInt16)
        /// Its last words are on their way.
        case closing
    }

    let id: EndID
    let core: TunnelCore
    let connection: Connection
    let service: TunnelService
    let transport: TunnelTransport
    let connectedAt: Int64
    var phase = Phase.connected
    var documents = TunnelDocuments()
    /// Name and UUID as the end gave them.
    var name = ""
    var uuid = ""
    var pass: TunnelPass?
    /// Frames of a WebSocket; `nil` on a stream.
    var webSocket: WebSocketReader?
    var slip = SLIPReader()
    var output = TunnelOutput()
    /// Clients of a registered server by their addresses.
    var clients: [UInt16: TunnelEnd] = [:]
    /// Whether this end over WebSocket showed that it takes binary messages.
    var usesBinary = false
    /// The beginning of a character whose rest has not come yet, on the way to an end over WebSocket.
    var brokenCharacter: [UInt8] = []
    /// Whether the message it was sent last goes on.
    var isWithinMessage = false
    /// Until then a line end belongs to the document before it.
    var lineEndUntil = Duration.zero
    /// When it was joined, Unix seconds.
    var joinedAt: Int64 = 0
    var flow = TunnelFlow()
    /// What it may still do in this turn, and what waits for another.
    var share = TunnelShare()
    var rest = TunnelRest()
    var isInLine = false
    /// What it asked before it was admitted.
    var probation = TunnelProbation()
    var isProcessing = false
    /// The connection is closed; what it sent before is still passed on.
    private(set) var isGone = false
    private(set) var context: ChannelHandlerContext?
    /// Calls the deadline of the phase off.
    private var deadline: (() -> Void)?
    private var needsFlush = false
    private var isReading = true

    init(
        id: EndID, core: TunnelCore, connection: Connection, service: TunnelService, transport: TunnelTransport
    ) {
        self.id = id
        self.core = core
        self.connection = connection
        self.service = service
        self.transport = transport
        connectedAt = core.now()
        if transport == .webSocket { webSocket = WebSocketReader(limit: core.settings.messageLimit) }
    }

    var peerAddress: String {
        let address = connection.peer.address
        return address == "local" ? "127.0.0.1" : address
    }

    // MARK: - Events

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        core.add(self)
        let reason =
            service == .rendezvous
            ? "Proxy timeout occurred. The socket was inactive."
            : "Tunnelproxy client timeout occurred. The socket was inactive."
        setDeadline(core.settings.inactiveTimeout) { $0.close(reason) }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        gone()
    }

    func channelInactive(context: ChannelHandlerContext) {
        gone()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = unwrapInboundIn(data)
        flow.heard = true
        flow.received += buffer.readableBytes
        if case .closing = phase, isTooLate(buffer.readableBytes) { return }
        if rest.isEmpty { receive(buffer) } else { rest.append(buffer) }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if rest.isEmpty { endTurn() }
        core.flush()
        holdBack()
        context.fireChannelReadComplete()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable {
            core.unblocked(self)
            catchUp()
            core.flush()
        }
        context.fireChannelWritabilityChanged()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A peer that breaks TLS or goes without a word; nothing can be said to it any more.
        context.close(promise: nil)
    }

    private func gone() {
        guard context != nil else { return }
        clearDeadline()
        context = nil
        isGone = true
        if rest.isEmpty { leaveForGood() }
    }

    /// The connection is closed and everything that came over it is passed on.
    func leaveForGood() {
        core.remove(self)
        core.flush()
    }

    // MARK: - Time

    /// Replaces the deadline of the phase.
    func setDeadline(_ time: Duration, _ action: @escaping (TunnelEnd) -> Void) {
        clearDeadline()
        guard context != nil else { return }
        deadline = core.timers.start(time) { [weak self] in
            guard let self else { return }
            action(self)
            core.flush()
        }
    }

    func clearDeadline() {
        deadline?()
        deadline = nil
    }

    // MARK: - Out

    /// What was written leaves with the next ``TunnelCore/flush()``.
    func wantFlush() {
        guard !needsFlush, context != nil else { return }
        needsFlush = true
        core.dirty.append(self)
    }

    func flush() {
        needsFlush = false
        sendGathered()
        context?.flush()
        if isWritable { catchUp() }
    }

    /// Whether an answer may be queued: an end that asks and asks but does not read gets no more than
    /// ``TunnelFlow/owedLimit``.
    func mayAnswer(_ count: Int) -> Bool {
        if flow.owed + count > TunnelFlow.owedLimit { flush() }
        guard flow.owed + count <= TunnelFlow.owedLimit || flow.owed == 0 else { return false }
        // What a small answer takes in memory is more than its bytes.
        flow.owed += count + 64
        return true
    }

    /// Its queue is short again. Of the pings without an answer the last gets one (RFC 6455 section 5.5.3).
    private func catchUp() {
        flow.owed = 0
        guard let payload = flow.latePing else { return }
        flow.latePing = nil
        if case .closing = phase { return }
        writeFrame(.pong, .bytes(payload))
    }

    /// Bytes that wait here: for the rest of a message, frame or document, and for the end to take them.
    var held: Int {
        queuedBytes + (webSocket?.held ?? 0) + slip.held + documents.held + rest.held
    }

    var isWritable: Bool { context?.channel.isWritable ?? true }

    /// Bytes that wait for the peer to take them.
    var queuedBytes: Int {
        output.bytes.readableBytes + ((try? context?.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0)
    }

    // MARK: - Holding back

    /// Reads from the peer, or leaves its bytes in the kernel until the partner has taken what it got.
    func setReading(_ reading: Bool) {
        guard reading != isReading, let context else { return }
        isReading = reading
        try? context.channel.syncOptions?.setOption(.autoRead, value: reading)
        if reading { context.read() }
    }

    var isHeldBack: Bool { !isReading }

    // MARK: - End

    /// Ends the connection in order: what is queued leaves first, then a close frame with the reason, or the end of the
    /// stream.
    ///
    /// - Parameters:
    ///   - code: number of the close frame.
    ///   - patience: how long what is queued may take to leave.
    func close(_ reason: String, code: TunnelCloseCode = .unexpected, patience: Duration? = nil) {
        end(patience) { end in
            if end.webSocket != nil { end.write(WebSocketFrame.close(code, reason: reason)) }
        }
    }

    /// Answers a close frame of the client with its own number.
    private func echoClose(_ code: UInt16) {
        end(nil) { end in
            let payload = code == 1005 ? [] : [UInt8(code >> 8), UInt8(code & 0xFF)]
            end.writeFrame(.close, .bytes(payload))
        }
    }

    private func end(_ patience: Duration?, lastWords: (TunnelEnd) -> Void) {
        if case .closing = phase { return }
        let last = phase
        phase = .closing
        core.leave(self, from: last)
        dropRest()
        // To a client of a proxy bytes need not be characters: the last ones leave too.
        if case .client = last, !brokenCharacter.isEmpty { writeFrame(.binary, .bytes(brokenCharacter)) }
        lastWords(self)
        // What still comes is read and dropped: closing a socket with unread bytes would cut off the last words.
        if rest.isEmpty { setReading(true) }
        setDeadline(patience ?? core.lastWordsTimeout) { $0.context?.close(promise: nil) }
        finish()
    }

    private func finish() {
        guard let context else { return }
        let written = context.eventLoop.makePromise(of: Void.self)
        sendGathered()
        context.writeAndFlush(wrapOutboundOut(ByteBuffer()), promise: written)
        needsFlush = false
        let waitsForPeer = webSocket != nil
        written.futureResult.assumeIsolated().whenComplete { [weak self] _ in
            guard self?.flow.isCut != true else { return }
            // A WebSocket ends when both have said so; the peer has a second for that.
            guard waitsForPeer, let self, !self.flow.peerClosed else {
                self?.context?.close(promise: nil)
                return
            }
            setDeadline(.seconds(1)) { $0.context?.close(promise: nil) }
        }
    }

    // MARK: - WebSocket

    func readFrames(_ buffer: ByteBuffer) {
        guard var reader = webSocket else { return }
        // Moved out while it is read from, so that its pieces are not copied.
        webSocket = WebSocketReader(limit: 0)
        defer { webSocket = reader }
        let bytes = buffer.readableBytesUInt8Span
        var position = 0
        do {
            while rest.isEmpty, !share.isUsedUp, let event = try reader.next(in: bytes, at: &position) { take(event) }
        } catch {
            return close(error.reason, code: error.code)
        }
        guard position < buffer.readableBytes else { return }
        rest.bytes = buffer.getSlice(
            at: buffer.readerIndex + position, length: buffer.readableBytes - position)
        waitForTurn()
    }

    private func take(_ event: WebSocketReader.Event) {
        switch event {
        case .ping(let payload):
            share.spend(.ping)
            if case .closing = phase { return }
            if !isAdmitted, let reason = probation.take(payload.count) { return close(reason) }
            if mayAnswer(payload.count) {
                writeFrame(.pong, .bytes(payload))
            } else {
                flow.latePing = payload
            }
        case .pong:
            share.spend(.frame)
            flow.answersPings = true
        case .close(let code):
            flow.peerClosed = true
            if case .closing = phase {
                context?.close(promise: nil)
            } else {
                echoClose(code)
            }
        case .message(let isText, let bytes):
            share.spend(.frame)
            take(message: bytes, isText: isText)
        case .part(let isText, let bytes):
            share.spend(.frame)
            take(message: bytes, isText: isText, isLast: false)
        }
    }
}
