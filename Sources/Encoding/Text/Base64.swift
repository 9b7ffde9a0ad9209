/// Base64 with the standard alphabet and padding (RFC 4648 section 4).
package enum Base64 {
    /// With padding, on one line.
    package static func encode(_ bytes: [UInt8]) -> String {
        let length = (bytes.count + 2) / 3 * 4
        return unsafe String(unsafeUninitializedCapacity: length) { text in
            var place = 0
            func put(_ digit: UInt8) {
                unsafe text[place] = digit
                place += 1
            }
            for start in stride(from: 0, to: bytes.count, by: 3) {
                let second = start + 1 < bytes.count ? bytes[start + 1] : 0
                let third = start + 2 < bytes.count ? bytes[start + 2] : 0
                let group = Int(bytes[start]) << 16 | Int(second) << 8 | Int(third)
                put(alphabet[group >> 18])
                put(alphabet[group >> 12 & 63])
                put(start + 1 < bytes.count ? alphabet[group >> 6 & 63] : UInt8(ascii: "="))
                put(start + 2 < bytes.count ? alphabet[group & 63] : UInt8(ascii: "="))
            }
            return length
        }
    }

    /// Lines of a fixed length, each ended by LF.
    package static func encode(_ bytes: [UInt8], lineLength: Int) -> String {
        let line = Array(encode(bytes).utf8)
        var text: [UInt8] = []
        text.reserveCapacity(line.count + line.count / lineLength + 1)
        for start in stride(from: 0, to: line.count, by: lineLength) {
            text += line[start..<min(start + lineLength, line.count)]
            text.append(0x0A)
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// The bytes, `nil` for anything but canonical base64: other characters, missing padding, stray bits at the end.
    package static func decode(_ text: String) -> [UInt8]? {
        decode(Array(text.utf8))
    }

    /// As ``decode(_:)-(String)``, after leaving out spaces, tabs and line ends.
    package static func decodeLenient(_ text: String) -> [UInt8]? {
        decode(text.utf8.filter { $0 != 0x20 && $0 != 0x09 && $0 != 0x0A && $0 != 0x0D })
    }

    /// As ``decode(_:)-(String)``.
    package static func decode(_ digits: [UInt8]) -> [UInt8]? {
        guard digits.count.isMultiple(of: 4) else { return nil }
        let padding = digits.suffix(2).reversed().prefix { $0 == UInt8(ascii: "=") }.count
        var bytes: [UInt8] = []
        bytes.reserveCapacity(digits.count / 4 * 3)
        var accumulator: UInt32 = 0
        var bits = 0
        for digit in digits.dropLast(padding) {
            let value = values[Int(digit)]
            guard value < 64 else { return nil }
            accumulator = (accumulator << 6 | UInt32(value)) & 0xFFFF
            bits += 6
            guard bits >= 8 else { continue }
            bits -= 8
            bytes.append(UInt8(truncatingIfNeeded: accumulator >> UInt32(bits)))
        }
        return accumulator & ((1 << UInt32(bits)) - 1) == 0 ? bytes : nil
    }

    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// Value of each character, 255 for those outside the alphabet.
    private static let values: [UInt8] = {
        var values = [UInt8](repeating: 255, count: 256)
        for (value, character) in alphabet.enumerated() { values[Int(character)] = UInt8(value) }
        return values
    }()
}

/// Base64 with the alphabet for URLs, without padding (RFC 4648 section 5).
package enum Base64URL {
    package static func encode(_ bytes: [UInt8]) -> String {
        let text = Base64.encode(bytes).utf8.prefix { $0 != UInt8(ascii: "=") }
        return String(decoding: text.map { $0 == 0x2B ? 0x2D : $0 == 0x2F ? 0x5F : $0 }, as: UTF8.self)
    }

    /// The bytes, `nil` for anything but the one canonical form.
    package static func decode(_ text: String) -> [UInt8]? {
        let digits = text.utf8.map { $0 == 0x2D ? UInt8(0x2B) : $0 == 0x5F ? 0x2F : $0 == 0x2B || $0 == 0x2F ? 0 : $0 }
        guard digits.last != UInt8(ascii: "="), digits.count % 4 != 1 else { return nil }
        return Base64.decode(digits + [UInt8](repeating: UInt8(ascii: "="), count: (4 - digits.count % 4) % 4))
    }
}
