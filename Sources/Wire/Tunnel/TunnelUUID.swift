internal import Encoding

/// A UUID as the ends of tunnels write it: with or without braces, in either case.
package struct TunnelUUID: Hashable, Sendable {
    /// Its 16 bytes.
    package let bytes: [UInt8]

    /// Takes 16 bytes; `nil` for another number of them.
    package init?(bytes: [UInt8]) {
        guard bytes.count == 16 else { return nil }
        self.bytes = bytes
    }

    /// Reads `{8-4-4-4-12}` or the same without braces.
    package init?(_ text: String) {
        var digits = Array(text.utf8)
        if digits.count == 38, digits.first == UInt8(ascii: "{"), digits.last == UInt8(ascii: "}") {
            digits = Array(digits.dropFirst().dropLast())
        }
        guard digits.count == 36 else { return nil }
        var bytes: [UInt8] = []
        var high: UInt8?
        for (index, digit) in digits.enumerated() {
            if [8, 13, 18, 23].contains(index) {
                guard digit == UInt8(ascii: "-") else { return nil }
                continue
            }
            guard let value = UTF8Sequence.hexDigit(digit) else { return nil }
            if let first = high {
                bytes.append(first << 4 | UInt8(value))
                high = nil
            } else {
                high = UInt8(value)
            }
        }
        self.bytes = bytes
    }

    /// Whether it is the UUID of nothing.
    package var isNull: Bool { bytes.allSatisfy { $0 == 0 } }

    /// Version number (RFC 9562); 8 are those a hub makes from device IDs.
    package var version: UInt8 { bytes[6] >> 4 }

    /// Without braces, lower case.
    package var plain: String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        for (index, byte) in bytes.enumerated() {
            if [4, 6, 8, 10].contains(index) { text.append(UInt8(ascii: "-")) }
            text += [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// With braces, as the official programs write it.
    package var braced: String { "{\(plain)}" }
}
