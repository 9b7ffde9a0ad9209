internal import COpenSSL

/// Base64 with the standard alphabet and padding (RFC 4648 section 4).
package enum Base64 {
    package static func encode(_ bytes: [UInt8]) -> String {
        let length = (bytes.count + 2) / 3 * 4
        return unsafe String(unsafeUninitializedCapacity: length + 1) { buffer in
            Int(unsafe EVP_EncodeBlock(buffer.baseAddress, bytes, Int32(bytes.count)))
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

    /// Value of each character, 255 for those outside the alphabet.
    private static let values: [UInt8] = {
        var values = [UInt8](repeating: 255, count: 256)
        let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
        for (value, character) in alphabet.utf8.enumerated() { values[Int(character)] = UInt8(value) }
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

/// Hexadecimal digits.
package enum Hex {
    /// Lower case.
    package static func encode(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return unsafe String(unsafeUninitializedCapacity: bytes.count * 2) { buffer in
            for (index, byte) in bytes.enumerated() {
                unsafe buffer[index * 2] = digits[Int(byte >> 4)]
                unsafe buffer[index * 2 + 1] = digits[Int(byte & 15)]
            }
            return bytes.count * 2
        }
    }

    /// The bytes of an even number of digits in either case, else `nil`.
    package static func decode(_ text: String) -> [UInt8]? {
        let digits = Array(text.utf8)
        guard digits.count.isMultiple(of: 2) else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(digits.count / 2)
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let high = value(digits[index]), let low = value(digits[index + 1]) else { return nil }
            bytes.append(high << 4 | low)
        }
        return bytes
    }

    private static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}

/// One `-----BEGIN …-----` block.
package struct PEMBlock: Sendable, Equatable {
    /// `CERTIFICATE`, `PUBLIC KEY`.
    package let label: String
    /// What the base64 holds.
    package let bytes: [UInt8]
}

/// Text armour of RFC 7468.
package enum PEM {
    /// Longest text that is read.
    package static let textLimit = 1 << 20
    /// Most blocks that are read unless the caller expects more.
    package static let blockLimit = 64

    /// One block with lines of 64 characters.
    package static func encode(label: String, _ der: [UInt8]) -> String {
        "-----BEGIN \(label)-----\n" + Base64.encode(der, lineLength: 64) + "-----END \(label)-----\n"
    }

    /// All blocks of a text, `limit` at most; what stands between them is ignored.
    package static func decode(_ text: String, limit: Int = blockLimit) throws(PKIError) -> [PEMBlock] {
        guard text.utf8.count <= textLimit else { throw PKIError(.readPEM) }
        var blocks: [PEMBlock] = []
        var open: (label: ArraySlice<UInt8>, digits: [UInt8])?
        for line in Array(text.utf8).split(whereSeparator: { $0 == 0x0A || $0 == 0x0D }) {
            if let current = open {
                if let label = label(of: line, end) {
                    guard label == current.label, let bytes = Base64.decode(current.digits), blocks.count < limit
                    else { throw PKIError(.readPEM) }
                    blocks.append(PEMBlock(label: String(decoding: label, as: UTF8.self), bytes: bytes))
                    open = nil
                } else {
                    open?.digits += line.last == 0x20 ? line.filter { $0 != 0x20 } : Array(line)
                }
            } else if let label = label(of: line, begin) {
                open = (label, [])
            }
        }
        guard open == nil else { throw PKIError(.readPEM) }
        return blocks
    }

    private static let begin = Array("-----BEGIN ".utf8)
    private static let end = Array("-----END ".utf8)
    private static let dashes = Array("-----".utf8)

    private static func label(of line: ArraySlice<UInt8>, _ start: [UInt8]) -> ArraySlice<UInt8>? {
        guard line.starts(with: start) else { return nil }
        var line = line
        while line.last == 0x20 || line.last == 0x09 { line.removeLast() }
        guard line.count >= start.count + 5, line.suffix(5).elementsEqual(dashes) else { return nil }
        return line.dropFirst(start.count).dropLast(5)
    }
}
