package import Encoding

/// SLIP (RFC 1055) with a 16-bit address in front of each frame (docs/protocols/tunnel.md B5).
package enum SLIP {
    static let end: UInt8 = 0xC0
    static let escape: UInt8 = 0xDB
    static let escapedEnd: UInt8 = 0xDC
    static let escapedEscape: UInt8 = 0xDD
    /// Longest content of a frame, address included, in bytes.
    package static let frameLimit = 1 << 20
    /// A frame that comes in pieces is given out in parts of this many bytes.
    package static let pieceLimit = 64 * 1024
    /// Most content of a frame we make: longer data becomes several frames. Two of them fill three TLS records.
    package static let frameLength = 24_000

    /// Writes one frame.
    ///
    /// - Parameter append: takes the pieces of the frame in their order.
    package static func encode(
        address: UInt16, _ content: Span<UInt8>, append: (Span<UInt8>) -> Void
    ) {
        let header = [UInt8(address >> 8), UInt8(address & 0xFF)]
        escape(header.span, append)
        escape(content, append)
        append([end].span)
    }

    /// The frame as bytes.
    package static func frame(address: UInt16, _ content: [UInt8]) -> [UInt8] {
        var frame: [UInt8] = []
        encode(address: address, content.span) { piece in
            for index in piece.indices { frame.append(piece[index]) }
        }
        return frame
    }

    private static func escape(_ content: Span<UInt8>, _ append: (Span<UInt8>) -> Void) {
        var start = 0
        while start < content.count {
            let next = special(in: content, from: start)
            if next > start { append(content.extracting(start..<next)) }
            guard next < content.count else { return }
            append((content[next] == end ? escapedEndPair : escapedEscapePair).span)
            start = next + 1
        }
    }

    private static let escapedEndPair = [escape, escapedEnd]
    private static let escapedEscapePair = [escape, escapedEscape]

    /// Index of the next byte with a meaning of its own, or the end. 32 bytes at a time: nearly all bytes have none.
    static func special(in bytes: Span<UInt8>, from start: Int) -> Int {
        unsafe bytes.withUnsafeBytes { bytes in
            var index = start
            while index + 32 <= bytes.count {
                var found: UInt64 = 0
                for offset in stride(from: index, to: index + 32, by: 8) {
                    let word = unsafe bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                    found |= zeros(word ^ 0xC0C0_C0C0_C0C0_C0C0) | zeros(word ^ 0xDBDB_DBDB_DBDB_DBDB)
                }
                if found & 0x8080_8080_8080_8080 != 0 { break }
                index += 32
            }
            while index < bytes.count, unsafe bytes[index] != end, unsafe bytes[index] != escape { index += 1 }
            return index
        }
    }

    /// Sets the highest bit of a byte when it, or one below it, is zero.
    @inline(__always)
    private static func zeros(_ word: UInt64) -> UInt64 {
        (word &- 0x0101_0101_0101_0101) & ~word
    }
}

/// Takes SLIP frames out of a stream.
///
/// A frame with a wrong escape and one that is too short for an address are left out; the stream goes on behind them. A
/// frame that comes in many pieces is given out in parts, each like a frame of its own, so that never much more than
/// one part is kept; those for address 0, which hold whole documents, stay whole.
package struct SLIPReader: Sendable {
    /// A frame's content behind its address.
    package enum Content: Sendable, Equatable {
        /// It lies in the bytes just given, as it is.
        case range(Range<Int>)
        /// It was put together.
        case bytes([UInt8])
    }

    package struct Frame: Sendable, Equatable {
        package let address: UInt16
        package let content: Content
    }

    /// A frame that began in bytes given earlier.
    private var pending: [UInt8] = []
    /// Bytes of the frame that were given out as parts.
    private var given = 0
    private var isEscaped = false
    private var isBad = false

    /// At the beginning of a stream.
    package init() {}

    /// Bytes that are kept until more comes.
    package var held: Int { pending.count }

    /// Reads on until a frame is complete; `nil` when the bytes are used up.
    ///
    /// - Parameter position: where to read on in `bytes`; moved.
    /// - Throws: ``MessageError/tooLarge(limit:)``.
    package mutating func next(in bytes: Span<UInt8>, at position: inout Int) throws(MessageError) -> Frame? {
        while position < bytes.count {
            let start = position
            let next = SLIP.special(in: bytes, from: start)
            // The whole frame at once, without a copy: the usual case.
            if pending.isEmpty, !isEscaped, !isBad, next < bytes.count, bytes[next] == SLIP.end {
                position = next + 1
                guard next - start >= 2 else { continue }
                let address = UInt16(bytes[start]) << 8 | UInt16(bytes[start + 1])
                return Frame(address: address, content: .range(start + 2..<next))
            }
            if let frame = try step(bytes, start, next, &position) { return frame }
        }
        return nil
    }

    private mutating func step(
        _ bytes: Span<UInt8>, _ start: Int, _ next: Int, _ position: inout Int
    ) throws(MessageError) -> Frame? {
        if isEscaped {
            isEscaped = false
            position = start + 1
            switch bytes[start] {
            case SLIP.escapedEnd: try keep(SLIP.end)
            case SLIP.escapedEscape: try keep(SLIP.escape)
            case SLIP.end: finishBad()
            default: isBad = true
            }
            return takePart()
        }
        if next > start {
            try keep(bytes.extracting(start..<next))
            if let part = takePart() {
                position = next
                return part
            }
        }
        position = min(next + 1, bytes.count)
        guard next < bytes.count else { return nil }
        guard bytes[next] == SLIP.end else {
            isEscaped = true
            return nil
        }
        return finish()
    }

    private mutating func keep(_ run: Span<UInt8>) throws(MessageError) {
        guard given + pending.count + run.count <= SLIP.frameLimit else { throw .tooLarge(limit: SLIP.frameLimit) }
        guard !isBad else { return }
        unsafe run.withUnsafeBufferPointer { unsafe pending.append(contentsOf: $0) }
    }

    private mutating func keep(_ byte: UInt8) throws(MessageError) {
        guard given + pending.count < SLIP.frameLimit else { throw .tooLarge(limit: SLIP.frameLimit) }
        if !isBad { pending.append(byte) }
    }

    private mutating func takePart() -> Frame? {
        guard pending.count >= SLIP.pieceLimit, !isBad else { return nil }
        let address = UInt16(pending[0]) << 8 | UInt16(pending[1])
        guard address != 0 else { return nil }
        let content = Array(pending[2...])
        given += content.count
        pending = Array(pending[..<2])
        return Frame(address: address, content: .bytes(content))
    }

    private mutating func finish() -> Frame? {
        defer { finishBad() }
        guard !isBad, pending.count >= 2, given == 0 || pending.count > 2 else { return nil }
        return Frame(
            address: UInt16(pending[0]) << 8 | UInt16(pending[1]), content: .bytes(Array(pending[2...])))
    }

    private mutating func finishBad() {
        pending.removeAll(keepingCapacity: false)
        isBad = false
        given = 0
    }
}
