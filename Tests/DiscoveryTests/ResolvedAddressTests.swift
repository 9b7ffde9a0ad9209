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
}
