internal import NIOCore
internal import Wire

/// Bytes on their way from one end to another, in the form in which they came.
enum TunnelPayload {
    /// Bytes of a stream, as they lie in the buffer they were read into.
    case buffer(ByteBuffer)
    /// A message of a WebSocket, put together.
    case bytes([UInt8])

    var count: Int {
        switch self {
        case .buffer(let buffer): buffer.readableBytes
        case .bytes(let bytes): bytes.count
        }
    }

    var array: [UInt8] {
        switch self {
        case .buffer(let buffer): Array(buffer.readableBytesView)
        case .bytes(let bytes): bytes
        }
    }

    /// Copies the bytes behind what a buffer holds.
    func write(to target: inout ByteBuffer) {
        switch self {
        case .buffer(let buffer): target.writeImmutableBuffer(buffer)
        case .bytes(let bytes): target.writeBytes(bytes)
        }
    }
}

/// What leaves for an end with the next flush. Small pieces are gathered in one buffer, so that they share TLS records,
/// and so that frames are written where they leave from; long pieces of a stream go as they are.
struct TunnelOutput {
    /// Pieces of this many bytes and more are not copied.
    static let longPiece = 4 * 1024
    /// So much is gathered at most: three TLS records.
    static let limit = 48 * 1024

    private(set) var bytes = ByteBuffer()
    /// How much it was the last time: that much room is made at once.
    private var usual = 0

    /// Appends what `fill` writes.
    ///
    /// - Parameter count: bytes it will be, about.
    mutating func gather(_ count: Int, _ fill: (inout ByteBuffer) -> Void) {
        // Moved out while it is written to, so that it is not copied.
        var buffer = bytes
        bytes = ByteBuffer()
        if buffer.readableBytes == 0 { buffer.reserveCapacity(max(count, usual)) }
        fill(&buffer)
        bytes = buffer
    }

    /// What was gathered, and begins anew. An idle end keeps no buffer.
    mutating func take() -> ByteBuffer? {
        guard bytes.readableBytes > 0 else { return nil }
        defer { bytes = ByteBuffer() }
        usual = min(bytes.readableBytes, Self.limit)
        return bytes
    }
}

/// Writing to the peer.
extension TunnelEnd {
    /// Queues bytes; they leave with the next ``TunnelCore/flush()``.
    func write(_ payload: TunnelPayload) {
        if case .buffer(let buffer) = payload, buffer.readableBytes >= TunnelOutput.longPiece {
            sendGathered()
            flow.sent += buffer.readableBytes
            context?.write(wrapOutboundOut(buffer), promise: nil)
            return wantFlush()
        }
        gather(payload.count) { payload.write(to: &$0) }
    }

    /// Queues bytes; they leave with the next ``TunnelCore/flush()``.
    func write(_ bytes: [UInt8]) {
        gather(bytes.count) { $0.writeBytes(bytes) }
    }

    /// Queues a document of the protocol.
    func say(_ document: [UInt8]) {
        if webSocket == nil { write(document) } else { writeFrame(.text, .bytes(document)) }
    }

    /// Queues one frame of a WebSocket.
    func writeFrame(_ kind: WebSocketFrame.Kind, _ payload: TunnelPayload, isLast: Bool = true) {
        gather(payload.count + WebSocketFrame.headerLimit) { buffer in
            buffer.writeBytes(WebSocketFrame.header(kind, length: payload.count, isLast: isLast))
            payload.write(to: &buffer)
        }
    }

    /// Sends a document to a registered server.
    func frame(_ document: [UInt8], address: UInt16) {
        frame(.bytes(document), address: address)
    }

    /// Sends data to a registered server; as several frames when it is long.
    func frame(_ content: TunnelPayload, address: UInt16) {
        switch content {
        case .buffer(let buffer): frame(buffer.readableBytesUInt8Span, address)
        case .bytes(let bytes): frame(bytes.span, address)
        }
    }

    private func frame(_ content: Span<UInt8>, _ address: UInt16) {
        var start = 0
        while start < content.count {
            let end = min(content.count, start + SLIP.frameLength)
            let piece = content.extracting(start..<end)
            start = end
            func encode(to buffer: inout ByteBuffer) {
                SLIP.encode(address: address, piece) { part in unsafe buffer.writeBytes(part.bytes) }
            }
            guard webSocket == nil else {
                var frame = ByteBuffer()
                encode(to: &frame)
                writeFrame(.binary, .buffer(frame))
                continue
            }
            gather(piece.count + piece.count / 64 + 8) { encode(to: &$0) }
        }
    }

    private func gather(_ count: Int, _ fill: (inout ByteBuffer) -> Void) {
        guard context != nil else { return }
        let before = output.bytes.readableBytes
        output.gather(count, fill)
        flow.sent += output.bytes.readableBytes - before
        if output.bytes.readableBytes >= TunnelOutput.limit { sendGathered() }
        wantFlush()
    }

    /// Hands over to the channel what was gathered.
    func sendGathered() {
        guard let gathered = output.take() else { return }
        context?.write(wrapOutboundOut(gathered), promise: nil)
    }
}
