extension JSONScanner {
    /// Reads a number and returns its text, so that no digit is lost.
    ///
    /// Most readers of JSON hold a number as a double (RFC 8259 section 6), and some refuse the whole document that has
    /// one beyond it. What the hub takes it hands on, so such a number is refused where it comes in.
    /// - Throws: ``MessageError/numberTooLarge(offset:)`` for a number that is not finite as a double.
    package mutating func readNumber() throws(MessageError) -> String {
        try count()
        _ = skipSpace()
        let start = position
        _ = take(UInt8(ascii: "-"))
        if !take(UInt8(ascii: "0")) { try takeDigits() }
        if take(UInt8(ascii: ".")) { try takeDigits() }
        var hasExponent = false
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            hasExponent = true
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            try takeDigits()
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        // The largest double has 309 digits.
        if hasExponent || position - start > 308, !(Double(text)?.isFinite ?? false) {
            throw .numberTooLarge(offset: start)
        }
        return text
    }

    /// Reads a number that must be a plain integer; nil when it has a fraction, an exponent, or does not fit 64 bits.
    package mutating func readInteger() throws(MessageError) -> Int64? {
        Int64(try readNumber())
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard position < bytes.count, bytes[position] == byte else { return false }
        position += 1
        return true
    }

    private mutating func takeDigits() throws(MessageError) {
        let start = position
        while position < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[position]) {
            position += 1
        }
        guard position > start else { throw fault() }
    }
}
