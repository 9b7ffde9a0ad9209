/// Strings: the only part of the grammar with a hot path, because nearly all bytes of our messages are string content.
extension JSONScanner {
    /// Reads a string whose opening quote is the next byte.
    mutating func readRawString() throws(MessageError) -> String {
        guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else { throw fault() }
        position += 1
        let start = position
        while position < bytes.count {
            let byte = bytes[position]
            if byte == UInt8(ascii: "\"") {
                defer { position += 1 }
                return String(decoding: bytes[start..<position], as: UTF8.self)
            }
            if byte < 0x20 { throw fault() }
            if byte == UInt8(ascii: "\\") || byte >= 0x80 { return try readDecodedString(from: start) }
            position += 1
        }
        throw fault()
    }

    /// Goes on behind plain ASCII that began at `start`, at the first byte that needs decoding.
    private mutating func readDecodedString(from start: Int) throws(MessageError) -> String {
        var text: [UInt8] = []
        text.reserveCapacity(position - start + 256)
        text.append(contentsOf: bytes[start..<position])
        while position < bytes.count {
            let byte = bytes[position]
            switch byte {
            case UInt8(ascii: "\""):
                position += 1
                return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"): try readEscape(into: &text)
            case 0..<0x20: throw fault()
            case 0..<0x80:
                text.append(byte)
                position += 1
            default: readMultibyte(into: &text)
            }
        }
        throw fault()
    }

    /// Copies one well-formed UTF-8 sequence (Unicode, table 3-7), or replaces one bad byte.
    private mutating func readMultibyte(into text: inout [UInt8]) {
        let length = UTF8Sequence.length(in: bytes, at: position)
        guard length > 0 else {
            text.append(contentsOf: UTF8Sequence.replacement)
            position += 1
            return
        }
        text.append(contentsOf: bytes[position..<position + length])
        position += length
    }

    private mutating func readEscape(into text: inout [UInt8]) throws(MessageError) {
        position += 1
        guard position < bytes.count else { throw fault() }
        switch bytes[position] {
        case UInt8(ascii: "\""): text.append(0x22)
        case UInt8(ascii: "\\"): text.append(0x5C)
        case UInt8(ascii: "/"): text.append(0x2F)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"): return try readUnicodeEscape(into: &text)
        default: throw fault()
        }
        position += 1
    }

    /// Reads `uXXXX` and, for a high surrogate, the low one behind it; a lone surrogate becomes U+FFFD.
    private mutating func readUnicodeEscape(into text: inout [UInt8]) throws(MessageError) {
        let first = try readFourHexDigits()
        guard (0xD800...0xDFFF).contains(first) else { return UTF8Sequence.append(first, to: &text) }
        if first < 0xDC00, position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\"),
            bytes[position + 1] == UInt8(ascii: "u")
        {
            let before = position
            position += 1
            let second = try readFourHexDigits()
            if (0xDC00...0xDFFF).contains(second) {
                return UTF8Sequence.append(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00), to: &text)
            }
            position = before
        }
        text.append(contentsOf: UTF8Sequence.replacement)
    }

    /// Reads the digits behind the `u` at `position`.
    private mutating func readFourHexDigits() throws(MessageError) -> UInt32 {
        guard position + 4 < bytes.count else { throw fault() }
        var value: UInt32 = 0
        for offset in 1...4 {
            guard let digit = UTF8Sequence.hexDigit(bytes[position + offset]) else { throw fault() }
            value = value << 4 | UInt32(digit)
        }
        position += 5
        return value
    }
}
