/// Numbers.
extension JSONScanner {
    /// Reads a number and returns its text, so that no digit is lost.
    package mutating func readNumber() throws(WireError) -> String {
        try count()
        _ = skipSpace()
        let start = position
        _ = take(UInt8(ascii: "-"))
        if !take(UInt8(ascii: "0")) { try takeDigits() }
        if take(UInt8(ascii: ".")) { try takeDigits() }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            try takeDigits()
        }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    /// Reads a number that must be a plain integer; nil when it has a fraction, an exponent, or does not fit 64 bits.
    package mutating func readInteger() throws(WireError) -> Int64? {
        Int64(try readNumber())
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard position < bytes.count, bytes[position] == byte else { return false }
        position += 1
        return true
    }

    private mutating func takeDigits() throws(WireError) {
        let start = position
        while position < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[position]) {
            position += 1
        }
        guard position > start else { throw fault() }
    }
}
