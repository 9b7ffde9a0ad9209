internal import Encoding
internal import PKI

/// UUIDs (RFC 9562), lower case: of version 4 from OpenSSL's generator, of version 8 from a digest.
package enum UniqueID {
    package static func make() -> String {
        text(SecureRandom.bytes(16), version: 0x40)
    }

    /// The one that follows from a digest of at least 16 bytes, always the same (version 8).
    package static func make(from digest: [UInt8]) -> String {
        text(Array(digest.prefix(16)), version: 0x80)
    }

    private static func text(_ bytes: [UInt8], version: UInt8) -> String {
        var bytes = bytes
        bytes[6] = bytes[6] & 0x0F | version
        bytes[8] = bytes[8] & 0x3F | 0x80
        let digits = Hex.encode(bytes)
        var text = ""
        for (index, digit) in digits.enumerated() {
            if [8, 12, 16, 20].contains(index) { text.append("-") }
            text.append(digit)
        }
        return text
    }

    /// Whether a text is a UUID in its usual form; any case, any version.
    package static func isValid(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard bytes.count == 36 else { return false }
        return bytes.enumerated().allSatisfy { index, byte in
            [8, 13, 18, 23].contains(index)
                ? byte == 0x2D : (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte | 0x20)
        }
    }
}
