internal import Encoding

/// Numbers of WebSocket close frames (RFC 6455 section 7.4) that tunnels use.
package struct TunnelCloseCode: Sendable, Equatable {
    /// The number on the wire.
    package let number: UInt16

    package init(_ number: UInt16) {
        self.number = number
    }

    /// The purpose is fulfilled.
    package static let normal = TunnelCloseCode(1000)
    /// The peer broke the protocol.
    package static let protocolError = TunnelCloseCode(1002)
    /// Text that is no UTF-8.
    package static let notUTF8 = TunnelCloseCode(1007)
    /// A message is too long.
    package static let tooLarge = TunnelCloseCode(1009)
    /// What the tunnel protocols close with.
    package static let unexpected = TunnelCloseCode(1011)
}

/// Why frames of a client can't be read on: what the close frame says.
package struct WebSocketFault: Error, Sendable, Equatable {
    /// Number of the close frame.
    package let code: TunnelCloseCode
    package let reason: String

    static func broken(_ reason: String) -> WebSocketFault {
        WebSocketFault(code: .protocolError, reason: reason)
    }
}

/// Reads frames of a WebSocket client (RFC 6455): unmasks, joins fragments, checks UTF-8. Long messages come in parts,
/// so that never more than one part is kept.
package struct WebSocketReader: Sendable {
    /// What a client said.
    package enum Event: Sendable, Equatable {
        /// A message, or what is left of one whose beginning came in parts; text is UTF-8.
        case message(isText: Bool, [UInt8])
        /// A part of a message longer than a part may be; the rest follows. Parts of text end between characters.
        case part(isText: Bool, [UInt8])
        /// A ping with its payload.
        case ping([UInt8])
        /// The answer to one.
        case pong
        /// A close frame; without a number 1005.
        case close(code: UInt16)
    }

    private struct Frame {
        let opcode: UInt8
        let isLast: Bool
        let mask: UInt32
        let length: Int
        var isControl: Bool { opcode >= 8 }
    }

    private let limit: Int
    private let partLimit: Int
    private var header: [UInt8] = []
    private var frame: Frame?
    /// Payload of the control frame, or of the message, so far.
    private var control: [UInt8] = []
    private var message: [UInt8] = []
    /// Kind of the message whose fragments are coming; `nil` between messages.
    private var messageIsText: Bool?
    /// Bytes of the message that were given out as parts.
    private var given = 0
    private var received = 0

    /// - Parameters:
    ///   - limit: longest message in bytes.
    ///   - partLimit: bytes of a message that are kept at most; at least 8.
    package init(limit: Int, partLimit: Int = 64 * 1024) {
        self.limit = limit
        self.partLimit = max(8, partLimit)
    }

    /// Bytes that are kept until more comes.
    package var held: Int { header.count + control.count + message.count }

    /// Reads on until something was said; `nil` when the bytes are used up.
    ///
    /// - Parameter position: where to read on in `bytes`; moved.
    package mutating func next(in bytes: Span<UInt8>, at position: inout Int) throws(WebSocketFault) -> Event? {
        while true {
            if let current = frame {
                takePayload(current, bytes, &position)
                if let part = try takePart(of: current) { return part }
                guard received == current.length else { return nil }
                frame = nil
                if let event = try finish(current) { return event }
            } else {
                guard try takeHeader(bytes, &position) else { return nil }
            }
        }
    }

    // MARK: - Header

    /// Whether the header is complete.
    private mutating func takeHeader(_ bytes: Span<UInt8>, _ position: inout Int) throws(WebSocketFault) -> Bool {
        while header.count < headerLength {
            guard position < bytes.count else { return false }
            header.append(bytes[position])
            position += 1
        }
        try begin()
        header.removeAll(keepingCapacity: true)
        return true
    }

    private var headerLength: Int {
        guard header.count >= 2 else { return 2 }
        let mask = header[1] & 0x80 != 0 ? 4 : 0
        switch header[1] & 0x7F {
        case 126: return 4 + mask
        case 127: return 10 + mask
        default: return 2 + mask
        }
    }

    private mutating func begin() throws(WebSocketFault) {
        guard header[0] & 0x70 == 0 else { throw .broken("One of the RSV bits is set.") }
        guard header[1] & 0x80 != 0 else { throw .broken("A frame of a client must be masked.") }
        let lengthEnd = header.count - 4
        let length =
            lengthEnd == 2
            ? UInt64(header[1] & 0x7F) : header[2..<lengthEnd].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard length <= UInt64(limit) else { throw WebSocketFault(code: .tooLarge, reason: "Message too long.") }
        let mask = header[lengthEnd...].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        let frame = Frame(
            opcode: header[0] & 0x0F, isLast: header[0] & 0x80 != 0, mask: mask, length: Int(length))
        try check(frame)
        self.frame = frame
        received = 0
        if !frame.isControl {
            if frame.opcode != 0 { messageIsText = frame.opcode == 1 }
            message.reserveCapacity(min(message.count + frame.length, partLimit))
        }
    }

    private func check(_ frame: Frame) throws(WebSocketFault) {
        switch frame.opcode {
        case 0: guard messageIsText != nil else { throw .broken("A continuation without a message.") }
        case 1, 2: guard messageIsText == nil else { throw .broken("A message within a message.") }
        case 8, 9, 10:
            guard frame.isLast, frame.length <= 125 else { throw .broken("A control frame that is too long.") }
        default: throw .broken("An unknown kind of frame.")
        }
        guard frame.isControl || given + message.count + frame.length <= limit else {
            throw WebSocketFault(code: .tooLarge, reason: "Message too long.")
        }
    }

    // MARK: - Payload

    private mutating func takePayload(_ frame: Frame, _ bytes: Span<UInt8>, _ position: inout Int) {
        let room = frame.isControl ? frame.length : partLimit - message.count
        let count = min(frame.length - received, bytes.count - position, room)
        guard count > 0 else { return }
        let piece = bytes.extracting(position..<position + count)
        if frame.isControl {
            Self.append(piece, to: &control, mask: frame.mask, offset: received)
        } else {
            Self.append(piece, to: &message, mask: frame.mask, offset: received)
        }
        received += count
        position += count
    }

    /// As much of a message as is kept, when there is more to come; text up to its last whole character.
    private mutating func takePart(of frame: Frame) throws(WebSocketFault) -> Event? {
        guard !frame.isControl, message.count == partLimit, let isText = messageIsText else { return nil }
        let isOver = received == frame.length
        guard !(isOver && frame.isLast) else { return nil }
        if isOver { self.frame = nil }
        let end = isText ? UTF8Check.validPrefix(message.span) : message.count
        guard end == message.count || UTF8Check.isIncomplete(message.span, at: end) else {
            throw WebSocketFault(code: .notUTF8, reason: "Invalid UTF-8 code encountered.")
        }
        let part = message
        message = Array(part[end...])
        message.reserveCapacity(min(message.count + frame.length - received, partLimit))
        given += end
        return .part(isText: isText, end == part.count ? part : Array(part[..<end]))
    }

    /// Appends and unmasks, eight bytes at a time.
    private static func append(_ piece: Span<UInt8>, to bytes: inout [UInt8], mask: UInt32, offset: Int) {
        let start = bytes.count
        unsafe piece.withUnsafeBufferPointer { unsafe bytes.append(contentsOf: $0) }
        // The mask as of the first byte of this piece.
        let shift = UInt32(offset % 4) * 8
        let turned = shift == 0 ? mask : mask >> shift | mask << (32 - shift)
        guard turned != 0 else { return }
        let word = UInt64(turned) | UInt64(turned) << 32
        unsafe bytes.withUnsafeMutableBytes { bytes in
            var index = start
            while index + 8 <= bytes.count {
                let masked = unsafe bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
                unsafe bytes.storeBytes(of: masked ^ word, toByteOffset: index, as: UInt64.self)
                index += 8
            }
            while index < bytes.count {
                unsafe bytes[index] ^= UInt8(truncatingIfNeeded: turned >> (UInt32((index - start) % 4) * 8))
                index += 1
            }
        }
    }

    private mutating func finish(_ frame: Frame) throws(WebSocketFault) -> Event? {
        if frame.isControl {
            defer { control = [] }
            switch frame.opcode {
            case 9: return .ping(control)
            case 10: return .pong
            default:
                return .close(code: try closeCode())
            }
        }
        guard frame.isLast, let isText = messageIsText else { return nil }
        defer {
            message = []
            messageIsText = nil
            given = 0
        }
        guard !isText || UTF8Check.isValid(message.span) else {
            throw WebSocketFault(code: .notUTF8, reason: "Invalid UTF-8 code encountered.")
        }
        return .message(isText: isText, message)
    }

    /// The number in a close frame's payload, 1005 without one; only numbers that may appear on the wire (RFC 6455
    /// section 7.4).
    private func closeCode() throws(WebSocketFault) -> UInt16 {
        guard !control.isEmpty else { return 1005 }
        guard control.count > 1 else { throw .broken("A close code of one byte.") }
        let code = UInt16(control[0]) << 8 | UInt16(control[1])
        switch code {
        case 1000...1003, 1007...1014, 3000...4999: break
        default: throw .broken("An invalid close code.")
        }
        guard UTF8Check.isValid(control.span.extracting(2...)) else {
            throw WebSocketFault(code: .notUTF8, reason: "Invalid UTF-8 code encountered.")
        }
        return code
    }
}

/// Writes frames of a WebSocket server, unmasked.
package enum WebSocketFrame {
    /// Kind of a frame.
    package enum Kind: UInt8, Sendable {
        case continuation = 0
        case text = 1
        case binary = 2
        case close = 8
        case ping = 9
        case pong = 10
    }

    /// Most bytes of ``header(_:length:isLast:)``.
    package static let headerLimit = 10

    /// What precedes a payload.
    ///
    /// - Parameter isLast: whether the message ends with this frame.
    package static func header(_ kind: Kind, length: Int, isLast: Bool = true) -> [UInt8] {
        var header: [UInt8] = [(isLast ? 0x80 : 0) | kind.rawValue]
        switch length {
        case 0..<126: header.append(UInt8(length))
        case 126..<65_536: header += [126, UInt8(length >> 8), UInt8(length & 0xFF)]
        default:
            header.append(127)
            for shift in stride(from: 56, through: 0, by: -8) {
                header.append(UInt8(truncatingIfNeeded: length >> shift))
            }
        }
        return header
    }

    /// A close frame with number and text; the text is cut to what a control frame holds.
    package static func close(_ code: TunnelCloseCode, reason: String) -> [UInt8] {
        let text = Array(reason.utf8.prefix(123))
        return header(.close, length: text.count + 2) + [UInt8(code.number >> 8), UInt8(code.number & 0xFF)] + text
    }
}

/// Finds text that is no UTF-8.
package enum UTF8Check {
    /// Whether all bytes are well-formed UTF-8.
    package static func isValid(_ bytes: Span<UInt8>) -> Bool {
        validPrefix(bytes) == bytes.count
    }

    /// How many bytes from the beginning are complete, well-formed sequences.
    package static func validPrefix(_ bytes: Span<UInt8>) -> Int {
        var index = 0
        while true {
            index = asciiEnd(bytes, index)
            guard index < bytes.count else { return index }
            let length = sequenceLength(bytes, index)
            guard length > 0 else { return index }
            index += length
        }
    }

    /// Whether the bytes from `index` may be the beginning of a sequence whose rest is still to come.
    package static func isIncomplete(_ bytes: Span<UInt8>, at index: Int) -> Bool {
        let needed: Int
        switch bytes[index] {
        case 0xC2...0xDF: needed = 2
        case 0xE0...0xEF: needed = 3
        case 0xF0...0xF4: needed = 4
        default: return false
        }
        guard bytes.count - index < needed else { return false }
        // Filled up with the lowest or highest continuation bytes one of which must fit.
        let given = (index..<bytes.count).map { bytes[$0] }
        return [UInt8(0x80), 0xBF].contains { filler in
            let whole = given + [UInt8](repeating: filler, count: needed - given.count)
            return UTF8Sequence.length(in: whole, at: 0) == needed
        }
    }

    private static func asciiEnd(_ bytes: Span<UInt8>, _ start: Int) -> Int {
        unsafe bytes.withUnsafeBytes { bytes in
            var index = start
            while index + 32 <= bytes.count {
                let block = unsafe bytes.loadUnaligned(fromByteOffset: index, as: SIMD4<UInt64>.self)
                if (block[0] | block[1] | block[2] | block[3]) & 0x8080_8080_8080_8080 != 0 { break }
                index += 32
            }
            while index < bytes.count, unsafe bytes[index] < 0x80 { index += 1 }
            return index
        }
    }

    /// Length of the well-formed sequence at `index` (Unicode, table 3-7), 0 when there is none.
    private static func sequenceLength(_ bytes: Span<UInt8>, _ index: Int) -> Int {
        let length: Int
        var second: ClosedRange<UInt8> = 0x80...0xBF
        switch bytes[index] {
        case 0xC2...0xDF: length = 2
        case 0xE0: (length, second) = (3, 0xA0...0xBF)
        case 0xED: (length, second) = (3, 0x80...0x9F)
        case 0xE1...0xEF: length = 3
        case 0xF0: (length, second) = (4, 0x90...0xBF)
        case 0xF1...0xF3: length = 4
        case 0xF4: (length, second) = (4, 0x80...0x8F)
        default: return 0
        }
        guard index + length <= bytes.count, second.contains(bytes[index + 1]) else { return 0 }
        for offset in 2..<max(length, 2) where bytes[index + offset] & 0xC0 != 0x80 { return 0 }
        return length
    }
}
