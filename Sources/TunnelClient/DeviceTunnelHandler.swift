internal import Encoding
internal import NIOCore
internal import NIOTLS
internal import Transport
internal import Wire

/// Speaks the server's side of docs/protocols/tunnel.md part B: registers, then passes frames to and from its clients.
final class DeviceTunnelHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum Phase {
        case connecting, registering, serving, over
    }

    private let offer: DeviceTunnelOffer
    private let loop: any EventLoop
    private let done: EventLoopPromise<Void>
    private let onEvent: @Sendable (DeviceTunnelEvent) -> Void
    private var phase = Phase.connecting
    private var context: ChannelHandlerContext?
    private var answer = RegistrationAnswer()
    private var frames = SLIPReader()
    private var clients: [UInt16: TunnelClientPipe] = [:]
    private var pings: RepeatedTask?
    private var deadline: Scheduled<Void>?
    private var heard = true
    private var silence = 0
    private var slow: Set<UInt16> = []

    init(
        offer: DeviceTunnelOffer, loop: any EventLoop, done: EventLoopPromise<Void>,
        onEvent: @escaping @Sendable (DeviceTunnelEvent) -> Void
    ) {
        self.offer = offer
        self.loop = loop
        self.done = done
        self.onEvent = onEvent
    }

    // MARK: - Events

    func channelActive(context: ChannelHandlerContext) {
        self.context = context
        deadline = loop.assumeIsolated().scheduleTask(in: .seconds(15)) { [weak self] in
            self?.end(TransportError.timedOut(.handshake))
        }
        // Over a Unix socket there is no handshake to wait for.
        if context.channel.remoteAddress?.pathname != nil { register() }
        context.fireChannelActive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted = event as? TLSUserEvent { register() }
        context.fireUserInboundEventTriggered(event)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        heard = true
        let buffer = unwrapInboundIn(data)
        switch phase {
        case .registering: takeAnswer(buffer)
        case .serving: takeFrames(buffer)
        case .connecting, .over: break
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        for client in clients.values { client.flush() }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        let isWritable = context.channel.isWritable
        for client in clients.values { client.setReading(isWritable) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        end(TransportError.closed)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        end(TransportError.translating(error))
    }

    private func end(_ error: any Error) {
        guard phase != .over else { return }
        phase = .over
        pings?.cancel()
        deadline?.cancel()
        for client in clients.values { client.finish() }
        clients = [:]
        done.fail(error)
        context?.close(promise: nil)
        context = nil
    }

    // MARK: - Registration

    private func register() {
        guard phase == .connecting else { return }
        phase = .registering
        say(
            "TunnelProxy.RegisterServer", ["serverName": .string(offer.name), "serverUuid": .string(offer.uuid.braced)])
    }

    private func say(_ method: String, _ params: KeyValuePairs<String, JSONValue>) {
        let request = TunnelJSON.object([
            "id": .number("0"), "method": .string(method), "params": TunnelJSON.object(params),
        ])
        let document = TunnelJSON.compact(request) + [0x0A]
        if phase == .serving { return frame(ByteBuffer(bytes: document), address: 0, flush: true) }
        context?.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: document)), promise: nil)
    }

    private func takeAnswer(_ buffer: ByteBuffer) {
        let rest: [UInt8]
        do throws(TunnelFailure) {
            guard let behind = try answer.take(buffer) else { return }
            rest = behind
        } catch {
            return end(error)
        }
        phase = .serving
        deadline?.cancel()
        startPings()
        onEvent(.registered)
        if !rest.isEmpty { takeFrames(ByteBuffer(bytes: rest)) }
    }

    /// Official servers ask after 30 s without a word; the proxy drops those that say nothing for 60 s.
    private func startPings() {
        let interval = TimeAmount(offer.pingInterval)
        let own = NIOLoopBound(self, eventLoop: loop)
        pings = loop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { _ in own.value.ping() }
    }

    private func ping() {
        // While we don't read we hear nothing from anybody.
        silence = heard || !slow.isEmpty ? 0 : silence + 1
        heard = false
        guard silence < 3 else { return end(TransportError.timedOut(.idle)) }
        say("TunnelProxy.Ping", ["timestamp": .number("\(silence)")])
    }

    // MARK: - Frames

    private func takeFrames(_ buffer: ByteBuffer) {
        var reader = frames
        frames = SLIPReader()
        defer { frames = reader }
        let bytes = buffer.readableBytesUInt8Span
        var position = 0
        do throws(MessageError) {
            while phase == .serving, let frame = try reader.next(in: bytes, at: &position) {
                switch frame.content {
                case .range(let range):
                    let slice = buffer.getSlice(at: buffer.readerIndex + range.lowerBound, length: range.count)
                    take(slice ?? ByteBuffer(), from: frame.address)
                case .bytes(let bytes): take(ByteBuffer(bytes: bytes), from: frame.address)
                }
            }
        } catch {
            end(TunnelFailure.protocolBroken)
        }
    }

    private func take(_ content: ByteBuffer, from address: UInt16) {
        guard address == 0 else {
            clients[address]?.write(content)
            return
        }
        guard let message = try? JSONValue(parsing: Array(content.readableBytesView)) else { return }
        guard let number = message["params"]?["socketAddress"]?.integer, let client = UInt16(exactly: number) else {
            return
        }
        switch message["notification"]?.string {
        case "TunnelProxy.ClientConnected": connect(client, message["params"])
        case "TunnelProxy.ClientDisconnected": leave(client)
        default: break
        }
    }

    private func connect(_ address: UInt16, _ params: JSONValue?) {
        // An address that is given out again: its former client is gone, whether we were told or not.
        leave(address)
        onEvent(
            .clientConnected(
                address: address, name: TunnelText.shortened(params?["clientName"]?.string ?? ""),
                peer: TunnelText.shortened(params?["clientPeerAddress"]?.string ?? "")))
        guard clients.count < offer.clientLimit, let pipe = TunnelClientPipe(address, self, offer, loop, onEvent) else {
            return sendAway(address)
        }
        clients[address] = pipe
    }

    private func leave(_ address: UInt16) {
        guard let pipe = clients.removeValue(forKey: address) else { return }
        pipe.finish()
        onEvent(.clientLeft(address: address))
    }

    private func sendAway(_ address: UInt16) {
        say("TunnelProxy.DisconnectClient", ["socketAddress": .number("\(address)")])
    }

    /// Sends the bytes of a client's port, or words for the proxy itself.
    func frame(_ content: ByteBuffer, address: UInt16, flush: Bool) {
        guard let context, phase == .serving else { return }
        var frame = ByteBuffer()
        frame.reserveCapacity(content.readableBytes + content.readableBytes / 64 + 8)
        SLIP.encode(address: address, content.readableBytesUInt8Span) { part in
            unsafe _ = frame.writeBytes(part.bytes)
        }
        context.write(wrapOutboundOut(frame), promise: nil)
        if flush { context.flush() }
    }

    func flush() {
        context?.flush()
    }

    var isWritable: Bool { context?.channel.isWritable ?? true }

    /// A client whose queue is full stops the proxy's connection: there is no other way to hold its bytes back.
    /// ``TunnelPatience`` says for how long.
    func setSlow(_ address: UInt16, _ isSlow: Bool) {
        let wasReading = slow.isEmpty
        if isSlow { slow.insert(address) } else { slow.remove(address) }
        guard wasReading != slow.isEmpty, let context else { return }
        try? context.channel.syncOptions?.setOption(.autoRead, value: slow.isEmpty)
        if slow.isEmpty { context.read() }
    }

    /// The device's side of a client has ended, or must.
    func ended(_ pipe: TunnelClientPipe) {
        // Not when the address is another client's by now.
        guard clients[pipe.address] === pipe else { return }
        clients[pipe.address] = nil
        onEvent(.clientLeft(address: pipe.address))
        sendAway(pipe.address)
    }
}
