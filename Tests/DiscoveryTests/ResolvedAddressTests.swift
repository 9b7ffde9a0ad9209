import Testing

@testable import Discovery

@Suite struct ResolvedAddressTests {
    private static func ipv6(_ head: [UInt8], _ last: UInt8 = 1) -> [UInt8] {
        head + Array(repeating: 0, count: 15 - head.count) + [last]
    }

    @Test(
        arguments: [
            ([10, 77, 0, 1], ResolvedAddress.Kind.ipv4), ([223, 255, 255, 255], .ipv4), ([169, 253, 0, 1], .ipv4),
            ([169, 254, 3, 4], .linkLocalIPv4), ([127, 0, 0, 1], .loopback),
            (ipv6([0x20, 0x01]), .globalIPv6), (ipv6([0xfd, 0xcc]), .globalIPv6), (ipv6([0xfe, 0xc0]), .globalIPv6),
            (ipv6([0xfe, 0x80]), .linkLocalIPv6), (ipv6([0xfe, 0xbf]), .linkLocalIPv6), (ipv6([]), .loopback),
        ] as [([UInt8], ResolvedAddress.Kind)])
    func usableAddress_IsOfItsKind(_ bytes: [UInt8], _ kind: ResolvedAddress.Kind) {
        let address = ResolvedAddress(bytes: bytes, text: "x", scope: "eth0")
        #expect(address?.kind == kind)
        #expect(address?.isIPv6 == (bytes.count == 16))
    }

    @Test(
        arguments: [
            [0, 0, 0, 0], [224, 0, 0, 251], [255, 255, 255, 255], ipv6([], 0), ipv6([], 2), ipv6([0xff, 0x02]), [],
            [1, 2, 3],
            [UInt8](repeating: 1, count: 17),
        ] as [[UInt8]])
    func addressNobodyCanConnectTo_IsRefused(_ bytes: [UInt8]) {
        #expect(ResolvedAddress(bytes: bytes, text: "x", scope: "eth0") == nil)
    }

    @Test func onlyLinkLocalIPv6_CarriesTheScope() {
        #expect(
            ResolvedAddress(bytes: Self.ipv6([0xfe, 0x80]), text: "fe80::1", scope: "eth0")?.text == "fe80::1%eth0")
        #expect(ResolvedAddress(bytes: Self.ipv6([0x20, 0x01]), text: "2001::1", scope: "eth0")?.text == "2001::1")
        #expect(ResolvedAddress(bytes: [169, 254, 0, 1], text: "169.254.0.1", scope: "eth0")?.text == "169.254.0.1")
    }

    /// Both sides of every border between kinds (RFC 1122, 3927, 4291, 5771).
    @Test func borders_AreWhereTheRFCsPutThem() {
        let borders: [(bytes: [UInt8], kind: ResolvedAddress.Kind?)] = [
            ([0, 255, 255, 255], nil), ([1, 0, 0, 0], .ipv4), ([126, 255, 255, 255], .ipv4),
            ([127, 0, 0, 0], .loopback),
            ([127, 255, 255, 255], .loopback), ([128, 0, 0, 0], .ipv4), ([169, 255, 0, 0], .ipv4),
            ([169, 254, 255, 255], .linkLocalIPv4), ([168, 254, 0, 1], .ipv4), ([224, 0, 0, 0], nil),
            (Self.ipv6([0xFE, 0x7F]), .globalIPv6), (Self.ipv6([0xFE, 0x80], 0), .linkLocalIPv6),
            (Self.ipv6([0xFE, 0xC0], 0), .globalIPv6), (Self.ipv6([0xFE, 0xFF]), .globalIPv6),
            (Self.ipv6([0xFF, 0x00], 0), nil), (Self.ipv6([0xFF, 0xFF], 255), nil), (Self.ipv6([], 255), nil),
            (Self.ipv6([0, 1]), .globalIPv6),
        ]
        for (bytes, kind) in borders {
            #expect(ResolvedAddress(bytes: bytes, text: "x", scope: "eth0")?.kind == kind, "\(bytes)")
        }
    }

    @Test func kinds_AreInTheOrderAClientTries() {
        let order: [ResolvedAddress.Kind] = [.ipv4, .globalIPv6, .linkLocalIPv4, .linkLocalIPv6, .loopback]
        #expect(order.reversed().sorted() == order)
        for (one, two) in zip(order, order.dropFirst()) { #expect(one < two && !(two < one)) }
    }
}
