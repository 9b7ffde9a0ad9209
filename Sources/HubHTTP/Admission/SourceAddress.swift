/// Where a connection comes from, as it is counted: 16 bytes. IPv4 is written as `::ffff:a.b.c.d`, so a client of a
/// dual-stack socket counts as what it is (RFC 4291 section 2.5.5.2).
package struct SourceAddress: Hashable, Sendable {
    /// The first eight bytes, as a number.
    let high: UInt64
    /// The last eight bytes.
    let low: UInt64

    /// The address with these halves.
    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// An IPv4 address as a number: 127.0.0.1 is `0x7F00_0001`.
    package init(ipv4: UInt32) {
        self.init(high: 0, low: 0xFFFF_0000_0000 | UInt64(ipv4))
    }

    /// Four or sixteen bytes in the order of the network; `nil` for any other number of them.
    package init?(bytes: some Collection<UInt8>) {
        func number(_ part: some Sequence<UInt8>) -> UInt64 { part.reduce(0) { $0 << 8 | UInt64($1) } }
        switch bytes.count {
        case 4: self.init(ipv4: UInt32(truncatingIfNeeded: number(bytes)))
        case 16: self.init(high: number(bytes.prefix(8)), low: number(bytes.dropFirst(8)))
        default: return nil
        }
    }

    /// Whether it is an IPv4 address.
    package var isIPv4: Bool { high == 0 && low >> 32 == 0xFFFF }

    /// 127.0.0.0/8 and ::1.
    package var isLoopback: Bool { isIPv4 ? low >> 24 & 0xFF == 127 : high == 0 && low == 1 }

    /// fe80::/10.
    package var isLinkLocal: Bool { high >> 54 == 0x3FA }

    /// The network that one site or machine is usually given as a whole: /64, for IPv4 /24.
    package var network: SourceAddress {
        isIPv4 ? SourceAddress(high: high, low: low & ~0xFF) : SourceAddress(high: high, low: 0)
    }
}

extension SourceAddress: CustomStringConvertible {
    /// As people write it; of IPv6 without the shortening of zeros beyond those in front of a group.
    package var description: String {
        guard !isIPv4 else { return (0..<4).map { "\(low >> (24 - 8 * $0) & 0xFF)" }.joined(separator: ".") }
        return (0..<8).map { String(($0 < 4 ? high : low) >> (48 - 16 * ($0 % 4)) & 0xFFFF, radix: 16) }
            .joined(separator: ":")
    }
}

/// A link-layer address (MAC): what a machine keeps when it takes another network address.
package struct LinkAddress: Hashable, Sendable {
    private let number: UInt64

    /// Six or eight bytes (EUI-48, EUI-64); `nil` for any other number of them, and for one that is all zero, which
    /// names no machine.
    package init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 6 || bytes.count == 8, bytes.contains(where: { $0 != 0 }) else { return nil }
        number = bytes.reduce(0) { $0 << 8 | UInt64($1) }
    }
}

extension LinkAddress: CustomStringConvertible {
    /// Its digits, hexadecimal; the same for the same address.
    package var description: String { String(number, radix: 16) }
}
