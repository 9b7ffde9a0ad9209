internal import Encoding

/// A certificate's serial number: positive, at most 20 octets (RFC 5280 section 4.1.2.2).
package struct Serial: Sendable, Hashable, CustomStringConvertible {
    /// Big endian, without leading zeros.
    package let bytes: [UInt8]

    /// Reads big-endian bytes; `nil` for zero and for more than 20 octets.
    package init?(_ bytes: [UInt8]) {
        let digits = Array(bytes.drop { $0 == 0 })
        guard (1...20).contains(digits.count) else { return nil }
        self.bytes = digits
    }

    /// A number of the hub's own counting: of a CRL.
    init(unsigned number: UInt64) {
        let digits = (0..<8).map { UInt8(truncatingIfNeeded: number >> UInt64(56 - 8 * $0)) }.drop { $0 == 0 }
        bytes = digits.isEmpty ? [0] : Array(digits)
    }

    /// 127 random bits: unique without a counter, and no stranger can guess the next.
    package static func random() -> Serial {
        while true {
            var bytes = SecureRandom.bytes(16)
            bytes[0] &= 0x7F
            if let serial = Serial(bytes) { return serial }
        }
    }

    /// Hexadecimal digits as programs write them: in either case, with or without leading zeros and `0x`; colons and
    /// spaces between them are ignored. A serial is a number (RFC 5280 4.1.2.2), whatever it is written like.
    package init?(hex: String) {
        guard hex.utf8.count <= 256 else { return nil }
        var digits = hex.filter { $0 != ":" && $0 != " " }
        if digits.hasPrefix("0x") || digits.hasPrefix("0X") { digits.removeFirst(2) }
        guard let bytes = Hex.decode(digits.count.isMultiple(of: 2) ? digits : "0" + digits) else { return nil }
        self.init(bytes)
    }

    /// Lower-case hexadecimal.
    package var description: String { Hex.encode(bytes) }

    /// INTEGER, DER.
    var der: [UInt8] {
        DER.element(0x02, (bytes.first ?? 0) >= 0x80 ? [0] + bytes : bytes)
    }
}
