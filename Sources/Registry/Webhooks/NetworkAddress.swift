internal import Glibc

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

    private static func isPrivate(version4 bytes: [UInt8]) -> Bool {
        switch (bytes[0], bytes[1]) {
        case (127, _), (10, _), (192, 168), (169, 254): true
        case (172, 16...31): true
        default: false
        }
    }

    /// 4 or 16 bytes, `nil` for what is no address.
    private static func bytes(_ text: String) -> [UInt8]? {
        let plain = String(text.prefix { $0 != "%" })
        var bytes = [UInt8](repeating: 0, count: 16)
        if unsafe inet_pton(AF_INET, plain, &bytes) == 1 { return Array(bytes.prefix(4)) }
        return unsafe inet_pton(AF_INET6, plain, &bytes) == 1 ? bytes : nil
    }
}
