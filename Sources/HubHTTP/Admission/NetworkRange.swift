package import NIOCore

/// A network: an address and how many of its first bits count (RFC 4632, RFC 4291 section 2.3).
package struct NetworkRange: Hashable, Sendable {
    /// The first address.
    let base: SourceAddress
    /// Bits of the 128 that count; of an IPv4 network 96 more than are written.
    let length: Int

    /// The network around an address.
    ///
    /// - Parameter length: 0 to 128; what is beyond counts as the nearest of them.
    package init(around address: SourceAddress, length: Int) {
        let length = min(max(length, 0), 128)
        self.length = length
        base = SourceAddress(
            high: address.high & Self.mask(length), low: address.low & Self.mask(length - 64))
    }

    /// Reads `192.0.2.0/24`, `2001:db8::/32` or a single address.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), text.utf8.count <= 64, !text.contains("%"),
            let address = SourceAddress(try? SocketAddress(ipAddress: String(parts[0]), port: 0))
        else { return nil }
        let shift = address.isIPv4 && !parts[0].contains(":") ? 96 : 0
        guard parts.count == 2 else {
            self.init(around: address, length: 128)
            return
        }
        guard parts[1].utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            let length = Int(parts[1]), (0...128 - shift).contains(length)
        else { return nil }
        self.init(around: address, length: length + shift)
    }

    /// Whether the address lies in it.
    package func contains(_ address: SourceAddress) -> Bool {
        address.high & Self.mask(length) == base.high && address.low & Self.mask(length - 64) == base.low
    }

    /// The first `length` of 64 bits.
    private static func mask(_ length: Int) -> UInt64 {
        length <= 0 ? 0 : length >= 64 ? .max : ~(.max >> UInt64(length))
    }
}

extension NetworkRange: CustomStringConvertible {
    /// As it is written.
    package var description: String { "\(base)/\(base.isIPv4 && length >= 96 ? length - 96 : length)" }
}

extension SourceAddress {
    /// Reads an address as people write it, without brackets, port or zone; `nil` for anything else.
    package init?(text: String) {
        // C reads up to a NUL and takes what stands before it for the whole.
        guard text.utf8.count <= 64, text.utf8.allSatisfy(Self.isOfAddress) else { return nil }
        self.init(try? SocketAddress(ipAddress: text, port: 0))
    }

    private static func isOfAddress(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: ":"), UInt8(ascii: "a")...UInt8(ascii: "f"),
            UInt8(ascii: "A")...UInt8(ascii: "F"), UInt8(ascii: "."):
            true
        default: false
        }
    }

    /// The address of a connection's other end; `nil` for a Unix socket.
    package init?(_ address: SocketAddress?) {
        switch address {
        case .v4(let ipv4):
            self.init(socketAddress: unsafe withUnsafeBytes(of: ipv4.address) { unsafe Array($0) })
        case .v6(let ipv6):
            self.init(socketAddress: unsafe withUnsafeBytes(of: ipv6.address) { unsafe Array($0) })
        case .unixDomainSocket, nil:
            return nil
        }
    }
}
