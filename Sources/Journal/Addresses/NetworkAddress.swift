internal import Encoding
internal import Glibc
internal import PKI

/// What kind of network an address belongs to.
package enum NetworkAddress {
    /// Whether a text is an IPv4 or IPv6 address, with or without scope.
    package static func isAddress(_ text: String) -> Bool {
        bytes(text) != nil
    }

    /// Whether an address is loopback, private (RFC 1918, RFC 4193) or link-local; false for names.
    package static func isPrivate(_ text: String) -> Bool {
        guard let bytes = bytes(text) else { return false }
        if bytes.count == 4 { return isPrivate(version4: bytes) }
        let isMapped = bytes.prefix(10).allSatisfy { $0 == 0 } && bytes[10] == 0xFF && bytes[11] == 0xFF
        if isMapped { return isPrivate(version4: Array(bytes.suffix(4))) }
        let isLoopback = bytes.prefix(15).allSatisfy { $0 == 0 } && bytes[15] == 1
        return isLoopback || bytes[0] & 0xFE == 0xFC || (bytes[0] == 0xFE && bytes[1] & 0xC0 == 0x80)
    }

    /// Where a request comes from, for shares among strangers: an IPv4 address as it is, the /64 of an IPv6 address,
    /// since one host has as many addresses of it as it likes. What is not an address, such as `local`, is a source of
    /// its own.
    package static func source(of address: String) -> String {
        guard let bytes = bytes(address) else { return address }
        if bytes.count == 4 { return bytes.map(String.init).joined(separator: ".") }
        let isMapped = bytes.prefix(10).allSatisfy { $0 == 0 } && bytes[10] == 0xFF && bytes[11] == 0xFF
        if isMapped { return bytes.suffix(4).map(String.init).joined(separator: ".") }
        return Hex.encode(Array(bytes.prefix(8))) + "::/64"
    }

    private static func isPrivate(version4 bytes: [UInt8]) -> Bool {
        switch (bytes[0], bytes[1]) {
        case (127, _), (10, _), (192, 168), (169, 254): true
        case (172, 16...31): true
        default: false
        }
    }

    /// 4 or 16 bytes, `nil` for what is not an address.
    private static func bytes(_ text: String) -> [UInt8]? {
        let plain = String(text.prefix { $0 != "%" })
        var bytes = [UInt8](repeating: 0, count: 16)
        if unsafe inet_pton(AF_INET, plain, &bytes) == 1 { return Array(bytes.prefix(4)) }
        return unsafe inet_pton(AF_INET6, plain, &bytes) == 1 ? bytes : nil
    }
}
