internal import Encoding
internal import NIOCore
internal import Wire

/// The way of bytes through a tunnel: from here on everything is passed on.
extension TunnelEnd {
    /// To the partner of a rendezvous.
    func relay(_ payload: TunnelPayload, isText: Bool, isLast: Bool = true, to partner: TunnelEnd) {
        let count = payload.count
        flow.relayedIn += count
        partner.flow.relayedOut += count
        core.rendezvousCounters.relayed += count
        partner.deliver(payload, isText: isText, isLast: isLast)
        throttle(count)
        if !partner.isWritable { core.block(self, by: partner) }
    }

    /// From a client to its server.
    func relay(_ payload: TunnelPayload, to server: TunnelEnd, _ address: UInt16) {
        let count = payload.count
        flow.relayedIn += count
        server.flow.relayedOut += count
        core.proxyCounters.relayed += count
        server.frame(payload, address: address)
        throttle(count)
        if !server.isWritable { core.block(self, by: server) }
    }

    /// Bytes of a registered server: frames for the proxy itself and for clients.
    func takeFrames(_ buffer: ByteBuffer) {
        // Moved out while it is read from, so that its pieces are not copied.
        var reader = slip
        slip = SLIPReader()
        defer { slip = reader }
        let bytes = buffer.readableBytesUInt8Span
        var position = 0
        do throws(MessageError) {
            while case .server = phase, rest.isEmpty, !share.isUsedUp,
                let frame = try reader.next(in: bytes, at: &position)
            {
                share.spend(.frame)
                let content: ByteBuffer
                switch frame.content {
                case .range(let range):
                    content =
                        buffer.getSlice(at: buffer.readerIndex + range.lowerBound, length: range.count) ?? ByteBuffer()
                case .bytes(let bytes): content = ByteBuffer(bytes: bytes)
                }
                take(content, from: frame.address)
            }
        } catch {
            return close("Data buffer size violation.")
        }
        guard case .server = phase, position < buffer.readableBytes else { return }
        rest.frames = buffer.getSlice(at: buffer.readerIndex + position, length: buffer.readableBytes - position)
        waitForTurn()
    }

    private func take(_ content: ByteBuffer, from address: UInt16) {
        guard address != 0 else {
            var requests = TunnelDocuments()
            requests.append(content.readableBytesUInt8Span)
            return takeRequests(requests)
        }
        guard let client = clients[address], content.readableBytes > 0 else { return }
        let count = content.readableBytes
        flow.relayedIn += count
        client.flow.relayedOut += count
        core.proxyCounters.relayed += count
        client.deliver(.buffer(content), isText: false)
        throttle(count)
        if !client.isWritable { core.block(self, by: client) }
    }

    /// A frame for the proxy holds whole documents; half a one is refused as no JSON.
    func takeRequests(_ requests: TunnelDocuments) {
        var requests = requests
        do throws(TunnelRefusal) {
            while case .server = phase, !share.isUsedUp, let document = try? requests.next() {
                share.spend(.document)
                handle(try TunnelRequest(parsing: document, methods: TunnelMethod.proxy))
            }
            guard case .server = phase, !requests.isEmpty else { return }
            if share.isUsedUp {
                rest.requests = requests
                return waitForTurn()
            }
            throw TunnelRefusal.notJSON("unterminated object")
        } catch {
            refuse(error)
        }
    }

    // MARK: - Out

    /// Sends an end what its partner said.
    ///
    /// - Parameters:
    ///   - isText: it was a text message, so it is UTF-8 and stays one message.
    ///   - isLast: whether that message ends here; a long one goes on as it comes.
    func deliver(_ payload: TunnelPayload, isText: Bool, isLast: Bool = true) {
        guard webSocket != nil else { return write(payload) }
        if isText {
            let kind: WebSocketFrame.Kind = isWithinMessage ? .continuation : .text
            isWithinMessage = !isLast
            return writeFrame(kind, payload, isLast: isLast)
        }
        if usesBinary { return writeFrame(.binary, payload) }
        deliver(stream: payload)
    }

    /// Bytes of a stream as text messages: whole characters only, and never altered (docs/protocols/tunnel.md A6).
    private func deliver(stream payload: TunnelPayload) {
        let bytes = brokenCharacter + payload.array
        let end = UTF8Check.validPrefix(bytes.span)
        guard end == bytes.count || UTF8Check.isIncomplete(bytes.span, at: end) else {
            guard case .client = phase else { return core.endNotUTF8(self) }
            // A client of a proxy may be sent binary messages: its bytes need no character set.
            usesBinary = true
            brokenCharacter = []
            return writeFrame(.binary, .bytes(bytes))
        }
        brokenCharacter = Array(bytes[end...])
        if end > 0 { writeFrame(.text, .bytes(Array(bytes[..<end]))) }
    }

    // MARK: - Holding back

    /// Stops reading when what was just read filled a queue. Whether it did shows only once it was flushed; without
    /// this look, one more turn of reading would come on top.
    func holdBack() {
        switch phase {
        case .tunnel(let target), .client(let target, _): if !target.isWritable { core.block(self, by: target) }
        case .server: for client in clients.values where !client.isWritable { core.block(self, by: client) }
        case .connected, .checking, .waiting, .closing: break
        }
    }

    // MARK: - Bandwidth

    /// Bytes it may send in a second; a server as many for each of its clients. 0: as many as it can.
    var bytesPerSecond: Int { core.settings.limits.bytesPerSecond * max(1, clients.count) }

    /// Stops reading once the second's share is used up, until it is paid back.
    private func throttle(_ count: Int) {
        guard core.settings.limits.bytesPerSecond > 0 else { return }
        flow.spent += count
        guard flow.spent >= bytesPerSecond, !flow.isThrottled else { return }
        flow.isThrottled = true
        setReading(false)
    }
}
