internal import NIOCore
internal import Wire

/// The way of bytes through a tunnel: from here on everything is passed on.
extension TunnelEnd {
    /// To the partner of a rendezvous.
    func relay(_ buffer: ByteBuffer, isText: Bool, isLast: Bool = true, to partner: TunnelEnd) {
        let count = buffer.readableBytes
        flow.relayedIn += count
        partner.flow.relayedOut += count
        core.rendezvousCounters.relayed += count
        partner.deliver(buffer, isText: isText, isLast: isLast)
        throttle(count)
        if !partner.isWritable { core.block(self, by: partner) }
    }

    /// From a client to its server.
    func relay(_ buffer: ByteBuffer, to server: TunnelEnd, _ address: UInt16) {
        let count = buffer.readableBytes
        flow.relayedIn += count
        server.flow.relayedOut += count
        core.proxyCounters.relayed += count
        server.frame(buffer, address: address)
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
        do throws(WireError) {
            while case .server = phase, let frame = try reader.next(in: bytes, at: &position) {
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
            close("Data buffer size violation.")
        }
    }

    private func take(_ content: ByteBuffer, from address: UInt16) {
        guard address != 0 else { return takeRequest(content) }
        guard let client = clients[address], content.readableBytes > 0 else { return }
        let count = content.readableBytes
        flow.relayedIn += count
        client.flow.relayedOut += count
        core.proxyCounters.relayed += count
        client.deliver(content, isText: false)
        throttle(count)
        if !client.isWritable { core.block(self, by: client) }
    }

    /// A frame for the proxy holds whole documents; half a one is refused as no JSON.
    private func takeRequest(_ content: ByteBuffer) {
        var documents = TunnelDocuments()
        documents.append(content.readableBytesUInt8Span)
        do throws(TunnelRefusal) {
            while case .server = phase, let document = try? documents.next() {
                handle(try TunnelRequest(parsing: document, methods: TunnelMethod.proxy))
            }
            guard case .server = phase, !documents.isEmpty else { return }
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
    func deliver(_ buffer: ByteBuffer, isText: Bool, isLast: Bool = true) {
        guard webSocket != nil else { return write(buffer) }
        if isText {
            let kind: WebSocketFrame.Kind = isWithinMessage ? .continuation : .text
            isWithinMessage = !isLast
            return writeFrame(kind, buffer, isLast: isLast)
        }
        if usesBinary { return writeFrame(.binary, buffer) }
        deliver(stream: buffer)
    }

    /// Sends a frame to a registered server.
    func frame(_ document: [UInt8], address: UInt16) {
        frame(ByteBuffer(bytes: document), address: address)
    }

    /// Sends data to a registered server; as several frames when it is long.
    func frame(_ content: ByteBuffer, address: UInt16) {
        var rest = content
        while let piece = rest.readSlice(length: min(rest.readableBytes, SLIP.pieceLimit)), piece.readableBytes > 0 {
            var frame = ByteBuffer()
            frame.reserveCapacity(piece.readableBytes + piece.readableBytes / 64 + 8)
            SLIP.encode(address: address, piece.readableBytesUInt8Span) { part in unsafe frame.writeBytes(part.bytes) }
            if webSocket != nil { writeFrame(.binary, frame) } else { write(frame) }
        }
    }

    /// Bytes of a stream as text messages: whole characters only, and never altered (spec/tunnel.md A6).
    private func deliver(stream buffer: ByteBuffer) {
        let bytes = brokenCharacter + Array(buffer.readableBytesView)
        let end = UTF8Check.validPrefix(bytes.span)
        guard end == bytes.count || UTF8Check.isIncomplete(bytes.span, at: end) else {
            guard case .client = phase else { return core.endNotUTF8(self) }
            // A client of a proxy may be sent binary messages: its bytes need no character set.
            usesBinary = true
            brokenCharacter = []
            return writeFrame(.binary, ByteBuffer(bytes: bytes))
        }
        brokenCharacter = Array(bytes[end...])
        if end > 0 { writeFrame(.text, ByteBuffer(bytes: bytes[..<end])) }
    }

    // MARK: - Holding back

    /// Stops reading when what was just read filled a queue. Whether it did shows only once it was flushed; without this look, one more turn
    /// of reading would come on top.
    func holdBack() {
        switch phase {
        case .tunnel(let target), .client(let target, _): if !target.isWritable { core.block(self, by: target) }
        case .server: for client in clients.values where !client.isWritable { core.block(self, by: client) }
        case .connected, .checking, .waiting, .closing: break
        }
    }

    // MARK: - Bandwidth

    /// Stops reading for the rest of the second once its share is used up.
    private func throttle(_ count: Int) {
        let limit = core.settings.limits.bytesPerSecond
        guard limit > 0 else { return }
        flow.thisSecond += count
        guard flow.thisSecond >= limit, !flow.isThrottled else { return }
        flow.isThrottled = true
        setReading(false)
    }
}
