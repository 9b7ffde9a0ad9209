import Testing

@testable import HubHTTP

/// Addresses, networks, and the kernel's neighbour table.
@Suite struct NetworkTests {
    @Test(arguments: [
        ("192.0.2.0/24", "192.0.2.255", true), ("192.0.2.0/24", "192.0.3.0", false),
        ("192.0.2.77/24", "192.0.2.1", true), ("0.0.0.0/0", "203.0.113.9", true), ("0.0.0.0/0", "2001:db8::1", false),
        ("2001:db8::/32", "2001:db8:ffff::1", true), ("2001:db8::/32", "2001:db9::", false),
        ("2001:db8::/65", "2001:db8::8000:0:0:0", false), ("::/0", "192.0.2.1", true),
        ("192.0.2.1", "192.0.2.1", true), ("192.0.2.1", "192.0.2.2", false),
        ("::ffff:192.0.2.0/120", "192.0.2.9", true),
    ])
    func network_ContainsItsAddresses(network: String, address: String, isInside: Bool) throws {
        #expect(try #require(NetworkRange(network)).contains(try #require(NetworkRange(address)).base) == isInside)
    }

    @Test(arguments: [
        "", "/", "/24", "192.0.2.0/", "192.0.2.0/33", "192.0.2.0/-1", "192.0.2.0/+8", "192.0.2/24", "2001:db8::/129",
        "2001:db8::/9999999999999999999999", "hub.example/24", "192.0.2.0/24/24", "fe80::1%eth0/64", " 192.0.2.0/24",
    ])
    func wrongNetwork_IsRefused(text: String) {
        #expect(NetworkRange(text) == nil)
    }

    @Test(arguments: ["192.0.2.0/24", "0.0.0.0/0", "192.0.2.1/32", "2001:db8:0:0:0:0:0:0/32"])
    func network_IsWrittenAsItIsRead(text: String) throws {
        #expect(try #require(NetworkRange(text)).description == text)
    }

    @Test func kinds_AreTold() throws {
        let base = { (text: String) in try #require(NetworkRange(text)).base }
        #expect(try base("127.9.9.9").isLoopback && base("::1").isLoopback && base("::ffff:127.0.0.1").isLoopback)
        #expect(try !base("128.0.0.1").isLoopback && !base("::2").isLoopback && !base("::").isLoopback)
        #expect(try base("fe80::1").isLinkLocal && base("febf::1").isLinkLocal && !base("fec0::1").isLinkLocal)
        #expect(try base("192.0.2.200").network == base("192.0.2.0"))
        #expect(try base("2001:db8:1:2:3:4:5:6").network == base("2001:db8:1:2::"))
    }

    // MARK: - Netlink

    private static func bytes(_ hex: String) -> [UInt8] {
        let digits = hex.compactMap(\.hexDigitValue)
        return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }

    /// `ip neigh` of a machine: an IPv4 neighbour, loopback and multicast without one, IPv6 neighbours, the end.
    private static let recorded = bytes(
        """
        4c0000001c000200010000003b3a000002000000010000004000000308000100000000000a0002000000000000000000\
        080004000000000014000300160d01005d0d01005d0d010000000000\
        4c0000001c000200010000003b3a000002000000040000000400000108000100c00002010a00020002fc000000050000\
        080004000400000014000300 4caa00009db500004a9a000000000000\
        580000001c000200010000003b3a00000a000000040000000200000114000100fe8000000000000000fc00fffe000005\
        0a00020002fc000000050000080004000000000014000300 21220100b10a0100b10a010000000000\
        580000001c000200010000003b3a00000a00000004000000400000051400 0100ff02000000000000000000000000001 6\
        0a0002003333000000160000080004000000000014000300 0f2601009f0e01009f0e010000000000\
        1400000003000200010000003b3a000000000000
        """)

    @Test func recordedTable_IsRead() throws {
        var messages = NeighbourMessages(sequence: 1)
        #expect(messages.read(Self.recorded) == .finished)
        let link = LinkAddress(bytes: [2, 0xFC, 0, 0, 0, 5])
        let known = try ["192.0.2.1", "fe80::fc:ff:fe00:5"].map { try #require(NetworkRange($0)).base }
        #expect(messages.links == [known[0]: link!, known[1]: link!])
    }

    @Test func answerToAnotherQuestion_IsPassedOver() {
        var messages = NeighbourMessages(sequence: 2)
        #expect(messages.read(Self.recorded) == .unfinished)
        #expect(messages.links.isEmpty)
    }

    @Test func refusal_Ends() {
        var messages = NeighbourMessages(sequence: 1)
        #expect(
            messages.read(Self.bytes("24000000020000000100000000000000ffffffff") + [UInt8](repeating: 0, count: 16))
                == .failed)
        #expect(messages.read([]) == .unfinished)
    }

    /// Cut anywhere, and with any byte changed: never a trap, and never more than was there.
    @Test func brokenBytes_AreSurvived() {
        for length in 0..<Self.recorded.count {
            var messages = NeighbourMessages(sequence: 1)
            _ = messages.read(Array(Self.recorded[..<length]))
            #expect(messages.links.count <= 2)
        }
        for position in Self.recorded.indices {
            for value: UInt8 in [0, 3, 0xFF] {
                var broken = Self.recorded
                broken[position] = value
                var messages = NeighbourMessages(sequence: 1)
                _ = messages.read(broken)
                #expect(messages.links.count <= 4)
            }
        }
    }

    @Test(arguments: [[], [1, 2, 3], [0, 0, 0, 0, 0, 0], [UInt8](repeating: 1, count: 20)]) func noLinkAddress_IsNone(
        bytes: [UInt8]
    ) {
        #expect(LinkAddress(bytes: bytes) == nil)
    }

    @Test func thisMachine_CanBeLookedAt() {
        let view = NetworkView.current()
        #expect(view.own.allSatisfy { !$0.isLoopback })
        #expect(view.ranges.count <= view.own.count || view.own.isEmpty)
        #expect(view.own.allSatisfy { view.isOnLink($0) || !$0.isLinkLocal })
    }
}
