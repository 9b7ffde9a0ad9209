/// Percent-encoding of one path segment (RFC 3986 section 2.1).
package enum PercentEncoding {
    private static let digits: [UInt8] = Array("0123456789ABCDEF".utf8)

    /// Encodes everything but letters, digits and `-._~`.
    package static func encode(_ text: String) -> String {
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                bytes.append(byte)
            default: bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Decodes one segment; nil for a broken escape or for bytes that are not UTF-8.
    package static func decode(_ text: String) -> String? {
        let encoded = Array(text.utf8)
        var bytes: [UInt8] = []
        var index = 0
        while index < encoded.count {
            if encoded[index] == UInt8(ascii: "%") {
                guard index + 2 < encoded.count, let high = UTF8Sequence.hexDigit(encoded[index + 1]),
                    let low = UTF8Sequence.hexDigit(encoded[index + 2])
                else { return nil }
                bytes.append(high << 4 | low)
                index += 3
            } else {
                bytes.append(encoded[index])
                index += 1
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }
}
