/// Reads MessagePack value by value, with every length checked against what is left before anything is made of it.
package struct MessagePackReader {
    /// What the next value is.
    package enum Kind: Sendable, Equatable {
        case null
        case bool
        /// Any width, with or without sign.
        case integer
        case float
        case string
        case binary
        case array
        case map
        case `extension`
    }

    private let bytes: ArraySlice<UInt8>
    private let limits: MessagePackLimits
    private var position: Int
    private var valuesLeft: Int
    private var depth = 0

    /// Reads `bytes`.
    ///
    /// - Throws: ``MessageError/tooLarge(limit:)``.
    package init(_ bytes: [UInt8], limits: MessagePackLimits = .message) throws(MessageError) {
        try self.init(bytes[...], limits: limits)
    }

    /// As ``init(_:limits:)-([UInt8],_)``, for a part of something larger.
    package init(_ bytes: ArraySlice<UInt8>, limits: MessagePackLimits = .message) throws(MessageError) {
        guard bytes.count <= limits.bytes else { throw .tooLarge(limit: limits.bytes) }
        self.bytes = bytes
        self.limits = limits
        position = bytes.startIndex
        valuesLeft = limits.values
    }

    /// Checks that nothing follows.
    package func finish() throws(MessageError) {
        guard position == bytes.endIndex else { throw broken() }
    }

    package func peek() throws(MessageError) -> Kind {
        guard position < bytes.endIndex else { throw broken() }
        switch bytes[position] {
        case 0x00...0x7F, 0xE0...0xFF, 0xCC...0xD3: return .integer
        case 0x80...0x8F, 0xDE, 0xDF: return .map
        case 0x90...0x9F, 0xDC, 0xDD: return .array
        case 0xA0...0xBF, 0xD9...0xDB: return .string
        case 0xC0: return .null
        case 0xC2, 0xC3: return .bool
        case 0xC4...0xC6: return .binary
        case 0xC7...0xC9, 0xD4...0xD8: return .extension
        case 0xCA, 0xCB: return .float
        default: throw broken()
        }
    }

    // MARK: - Scalars

    /// Reads `nil`.
    package mutating func readNull() throws(MessageError) {
        guard try head() == 0xC0 else { throw broken() }
    }

    /// Reads a truth value.
    package mutating func readBool() throws(MessageError) -> Bool {
        switch try head() {
        case 0xC2: return false
        case 0xC3: return true
        default: throw broken()
        }
    }

    /// Reads an integer of any form. One above `Int64.max` is refused: no message has such a number.
    package mutating func readInteger() throws(MessageError) -> Int64 {
        let head = try head()
        switch head {
        case 0x00...0x7F: return Int64(head)
        case 0xE0...0xFF: return Int64(Int8(bitPattern: head))
        case 0xCC...0xCF:
            guard let value = Int64(exactly: try readNumber(1 << Int(head - 0xCC))) else { throw broken() }
            return value
        case 0xD0: return Int64(Int8(truncatingIfNeeded: try readNumber(1)))
        case 0xD1: return Int64(Int16(truncatingIfNeeded: try readNumber(2)))
        case 0xD2: return Int64(Int32(truncatingIfNeeded: try readNumber(4)))
        case 0xD3: return Int64(bitPattern: try readNumber(8))
        default: throw broken()
        }
    }

    /// Reads a number with a fraction, of either width.
    package mutating func readFloat() throws(MessageError) -> Double {
        switch try head() {
        case 0xCA: return Double(Float(bitPattern: UInt32(truncatingIfNeeded: try readNumber(4))))
        case 0xCB: return Double(bitPattern: try readNumber(8))
        default: throw broken()
        }
    }

    /// Reads a string; one that is no UTF-8 is refused.
    package mutating func readString() throws(MessageError) -> String {
        let head = try head()
        let length: UInt64
        switch head {
        case 0xA0...0xBF: length = UInt64(head & 0x1F)
        case 0xD9...0xDB: length = try readNumber(1 << Int(head - 0xD9))
        default: throw broken()
        }
        let start = position
        guard let text = String(validating: try take(length), as: UTF8.self) else {
            throw .notMessagePack(offset: start - bytes.startIndex)
        }
        return text
    }

    /// Reads bytes.
    package mutating func readBinary() throws(MessageError) -> [UInt8] {
        let head = try head()
        guard (0xC4...0xC6).contains(head) else { throw broken() }
        return Array(try take(try readNumber(1 << Int(head - 0xC4))))
    }

    /// Reads an extension: its type and its bytes.
    package mutating func readExtension() throws(MessageError) -> (type: Int8, bytes: [UInt8]) {
        let head = try head()
        let length: UInt64
        switch head {
        case 0xD4...0xD8: length = 1 << UInt64(head - 0xD4)
        case 0xC7...0xC9: length = try readNumber(1 << Int(head - 0xC7))
        default: throw broken()
        }
        let type = Int8(truncatingIfNeeded: try readNumber(1))
        return (type, Array(try take(length)))
    }

    // MARK: - Containers

    /// Reads an array, element by element.
    package mutating func readArray(
        _ element: (inout MessagePackReader) throws(MessageError) -> Void
    ) throws(MessageError) {
        let head = try head()
        let count: UInt64
        switch head {
        case 0x90...0x9F: count = UInt64(head & 0x0F)
        case 0xDC, 0xDD: count = try readNumber(head == 0xDC ? 2 : 4)
        default: throw broken()
        }
        try nest(count) { reader throws(MessageError) in try element(&reader) }
    }

    /// Reads a map, member by member; `member` must read the value. Keys that are not strings are skipped with their
    /// values.
    package mutating func readMap(
        _ member: (String, inout MessagePackReader) throws(MessageError) -> Void
    ) throws(MessageError) {
        let head = try head()
        let count: UInt64
        switch head {
        case 0x80...0x8F: count = UInt64(head & 0x0F)
        case 0xDE, 0xDF: count = try readNumber(head == 0xDE ? 2 : 4)
        default: throw broken()
        }
        try nest(count) { reader throws(MessageError) in
            guard try reader.peek() == .string else {
                try reader.skipValue()
                return try reader.skipValue()
            }
            try member(try reader.readString(), &reader)
        }
    }

    /// Reads over a value, whatever it is.
    package mutating func skipValue() throws(MessageError) {
        switch try peek() {
        case .null: try readNull()
        case .bool: _ = try readBool()
        case .integer: try skipInteger()
        case .float: _ = try readFloat()
        case .string: _ = try readString()
        case .binary: _ = try readBinary()
        case .extension: _ = try readExtension()
        case .array: try readArray { reader throws(MessageError) in try reader.skipValue() }
        case .map: try readMap { _, reader throws(MessageError) in try reader.skipValue() }
        }
    }

    /// The bytes of the next value as they are, so that it can be handed on in exactly the form it came in.
    package mutating func readRaw() throws(MessageError) -> [UInt8] {
        let start = position
        try skipValue()
        return Array(bytes[start..<position])
    }

    // MARK: - Pieces

    private mutating func skipInteger() throws(MessageError) {
        let head = try head()
        if (0xCC...0xD3).contains(head) { _ = try readNumber(1 << Int(head & 3)) }
    }

    private mutating func nest(
        _ count: UInt64, _ one: (inout MessagePackReader) throws(MessageError) -> Void
    ) throws(MessageError) {
        guard depth < limits.depth else { throw .tooDeep(limit: limits.depth) }
        depth += 1
        var left = count
        // A count is a claim: each element must be there, and each costs one of the values that are left.
        while left > 0 {
            try one(&self)
            left -= 1
        }
        depth -= 1
    }

    private mutating func head() throws(MessageError) -> UInt8 {
        guard valuesLeft > 0 else { throw .tooManyValues(limit: limits.values) }
        guard position < bytes.endIndex else { throw broken() }
        valuesLeft -= 1
        defer { position += 1 }
        return bytes[position]
    }

    private mutating func readNumber(_ width: Int) throws(MessageError) -> UInt64 {
        try take(UInt64(width)).reduce(0) { $0 << 8 | UInt64($1) }
    }

    private mutating func take(_ length: UInt64) throws(MessageError) -> ArraySlice<UInt8> {
        guard length <= UInt64(bytes.endIndex - position) else { throw broken() }
        defer { position += Int(length) }
        return bytes[position..<(position + Int(length))]
    }

    private func broken() -> MessageError {
        .notMessagePack(offset: position - bytes.startIndex)
    }
}
