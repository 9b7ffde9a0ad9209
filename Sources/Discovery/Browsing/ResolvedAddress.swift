/// An address of a service as text, with what is needed to put the best first.
struct ResolvedAddress: Hashable, Sendable {
    /// The order in which a client should try: docs/protocols/idprov.md 2 (IPv4, then global IPv6; link-local only with
    /// scope).
    enum Kind: Int, Comparable, Sendable {
        case ipv4
        case globalIPv6
        case linkLocalIPv4
        case linkLocalIPv6
        case loopback

        static func < (left: Kind, right: Kind) -> Bool { left.rawValue < right.rawValue }
    }

    /// For a socket: `10.77.0.1`, `2001:db8::1`, `fe80::1%eth0`.
    let text: String
    let kind: Kind
    let isIPv6: Bool

    /// - Parameters:
    ///   - bytes: 4 bytes for IPv4, 16 for IPv6, in network order.
    ///   - text: the address in its usual form, without scope.
    ///   - scope: name of the interface it was heard on.
    /// - Returns: nil for what nobody can connect to: unspecified, multicast and broadcast addresses.
    init?(bytes: [UInt8], text: String, scope: String) {
        let kind: Kind? =
            switch bytes.count {
            case 4: Self.ipv4Kind(bytes)
            case 16: Self.ipv6Kind(bytes)
            default: nil
            }
        guard let kind else { return nil }
        self.kind = kind
        isIPv6 = bytes.count == 16
        self.text = kind == .linkLocalIPv6 ? "\(text)%\(scope)" : text
    }

    private static func ipv4Kind(_ bytes: [UInt8]) -> Kind? {
        switch (bytes[0], bytes[1]) {
        case (0, _), (224..., _): nil
        case (127, _): .loopback
        case (169, 254): .linkLocalIPv4
        default: .ipv4
        }
    }

    private static func ipv6Kind(_ bytes: [UInt8]) -> Kind? {
        let isIPv4Sized = bytes[..<15].allSatisfy { $0 == 0 }
        switch (bytes[0], bytes[1]) {
        case _ where isIPv4Sized: return bytes[15] == 1 ? .loopback : nil
        case (0xff, _): return nil
        case (0xfe, 0x80...0xbf): return .linkLocalIPv6
        default: return .globalIPv6
        }
    }
}
