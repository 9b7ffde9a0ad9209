import Testing

@testable import HubHTTP

/// Who may open one more connection.
@Suite struct AdmissionTableTests {
    private static func limits(
        places: Int = 20_000, _ change: (inout SourceLimits) -> Void = { _ in }
    ) -> AdmissionLimits {
        var limits = AdmissionLimits(places: places)
        change(&limits.sources)
        return limits
    }

    private static func address(_ text: String) throws -> SourceAddress {
        try #require(NetworkRange(text)).base
    }

    /// The host with this number in 2001:db8:0:1::/64, which is on-link in ``lan()``.
    private static func host(_ number: Int) -> SourceAddress {
        SourceAddress(high: 0x2001_0DB8_0000_0001, low: UInt64(number))
    }

    private static func link(_ number: Int) -> LinkAddress? {
        LinkAddress(bytes: [2, 0, 0, 0, UInt8(number >> 8), UInt8(number & 0xFF)])
    }

    private static func lan(links: [SourceAddress: LinkAddress] = [:]) throws -> NetworkView {
        var view = NetworkView()
        view.ranges = [try #require(NetworkRange("2001:db8:0:1::/64")), try #require(NetworkRange("192.0.2.0/24"))]
        view.own = [host(1)]
        view.links = links
        return view
    }

    @Test func threeHundredNeighboursOfOnePrefix_AreAllServed() throws {
        let links = Dictionary(uniqueKeysWithValues: (2...301).map { (Self.host($0), Self.link($0)!) })
        for view in [try Self.lan(), try Self.lan(links: links)] {
            var table = AdmissionTable(Self.limits(), view: view)
            for number in 2...301 {
                for _ in 0..<8 { #expect(table.enter(Self.host(number)) == nil) }
            }
            #expect(table.total == 2400)
        }
    }

    @Test func threeHundredLinkLocalNeighbours_AreAllServed() {
        var table = AdmissionTable(Self.limits())
        for number in 1...300 {
            #expect(table.enter(SourceAddress(high: 0xFE80_0000_0000_0000, low: UInt64(number))) == nil)
        }
    }

    @Test func prefixBehindARouter_IsOneSource() throws {
        var table = AdmissionTable(Self.limits(), view: try Self.lan())
        let refusals = (1...300).map { table.enter(SourceAddress(high: 0x2001_0DB8_0000_0002, low: UInt64($0))) }
        #expect(refusals.count { $0 == nil } == 256)
        #expect(refusals[256...].allSatisfy { $0 == .address })
        #expect(table.enter(SourceAddress(high: 0x2001_0DB8_0000_0003, low: 1)) == nil)
    }

    @Test func addressesOfOneLinkLayerAddress_ShareABound() throws {
        let addresses = (2...301).map(Self.host) + [try Self.address("192.0.2.7"), try Self.address("fe80::7")]
        let links = Dictionary(uniqueKeysWithValues: addresses.map { ($0, Self.link(1)!) })
        var table = AdmissionTable(Self.limits(), view: try Self.lan(links: links))
        #expect(addresses.reversed().count { table.enter($0) == nil } == 256)
        #expect(table.enter(Self.host(400)) == nil, "another machine")
    }

    @Test func machineThatBecomesKnown_IsCountedAsOneFromThenOn() throws {
        var table = AdmissionTable(Self.limits(), view: try Self.lan())
        for number in 2...301 { #expect(table.enter(Self.host(number)) == nil) }
        let links = Dictionary(uniqueKeysWithValues: (2...301).map { (Self.host($0), Self.link(1)!) })
        table.update(try Self.lan(links: links))
        #expect(table.surplus.values.reduce(0, +) == 300 - 256)
        #expect(table.enter(Self.host(2)) == .address)
        // The kernel forgets its neighbours; the connections that are there stay one machine's.
        table.update(try Self.lan())
        #expect(table.count(sharedWith: Self.host(2)) == 300)
        for number in 2...301 { table.leave(Self.host(number)) }
        #expect(table.total == 0 && table.count(sharedWith: Self.host(2)) == 0)
    }

    @Test func mappedAddress_IsTheIPv4Address() throws {
        var table = AdmissionTable(Self.limits { $0.perAddress = 2 })
        #expect(table.enter(try Self.address("198.51.100.1")) == nil)
        #expect(table.enter(try Self.address("::ffff:198.51.100.1")) == nil)
        #expect(table.enter(try Self.address("198.51.100.1")) == .address)
        #expect(table.enter(try Self.address("198.51.100.2")) == nil)
    }

    @Test(arguments: [("203.0.113.0", 256), ("2001:db8:0:1::", 300)]) func prefix_HasHalfOfThePlaces(
        base: String, hosts: Int
    ) throws {
        var table = AdmissionTable(Self.limits(places: 100) { $0.perAddress = 4 }, view: try Self.lan())
        let first = try Self.address(base)
        let refusals = (2..<hosts).map { table.enter(SourceAddress(high: first.high, low: first.low + UInt64($0))) }
        #expect(refusals.count { $0 == nil } == 50)
        #expect(refusals.last == .prefix)
        #expect(table.enter(try Self.address("198.51.100.1")) == nil, "the others have the other half")
    }

    @Test func loopbackAndOwnAddresses_HaveABoundOfTheirOwn() throws {
        for address in [try Self.address("127.0.0.1"), try Self.address("::1"), Self.host(1)] {
            var open = AdmissionTable(Self.limits(places: 1000), view: try Self.lan())
            #expect((0..<1000).allSatisfy { _ in open.enter(address) == nil })
            #expect(open.enter(address) == .full)
            var bounded = AdmissionTable(Self.limits { $0.perAddressLoopback = 3 }, view: try Self.lan())
            #expect((0..<4).map { _ in bounded.enter(address) } == [nil, nil, nil, .address])
        }
    }

    @Test func trustedNetwork_HasNoBoundPerAddress() throws {
        let trusted = try ["198.51.100.0/24", "2001:db8:0:2::/64"].map { try #require(NetworkRange($0)) }
        for text in ["198.51.100.9", "2001:db8:0:2::9"] {
            var table = AdmissionTable(Self.limits(places: 1000) { $0.trustedNetworks = trusted })
            let address = try Self.address(text)
            #expect((0..<1000).allSatisfy { _ in table.enter(address) == nil })
            #expect(table.enter(address) == .full)
        }
    }

    @Test func zero_IsNoBoundPerAddress() throws {
        var table = AdmissionTable(Self.limits(places: 1000) { $0.perAddress = 0 })
        let address = try Self.address("198.51.100.9")
        #expect((0..<600).count { _ in table.enter(address) == nil } == 500, "only half of the places")
    }

    @Test func unixSocket_CountsAmongThePlacesOnly() {
        var table = AdmissionTable(Self.limits(places: 300))
        #expect((0..<300).allSatisfy { _ in table.enter(nil) == nil })
        #expect(table.enter(nil) == .full)
        table.leave(nil)
        #expect(table.enter(nil) == nil)
    }

    /// Whatever comes, goes and becomes known, in any order: the counts are those of who is there.
    @Test(arguments: 1...20) func anyOrder_KeepsTheCountsRight(seed: Int) throws {
        var random = Sequence(state: UInt64(seed))
        let strangers =
            (2...30).map(Self.host) + (1...9).map { SourceAddress(ipv4: 0xC000_0200 + $0) }
            + (1...9).map { SourceAddress(high: 0x2001_0DB8_0000_0002, low: $0) }
        let limits = Self.limits(places: 120) { $0.perAddress = 8 }
        var table = AdmissionTable(limits, view: try Self.lan())
        var present: [SourceAddress] = []
        for _ in 0..<3000 {
            switch Int.random(in: 0..<20, using: &random) {
            case 0..<11:
                let address = strangers.randomElement(using: &random)!
                let before = table.count(sharedWith: address)
                let refusal = table.enter(address)
                if refusal == nil { present.append(address) }
                #expect((refusal == .address) == (present.count < 120 && before >= 8 && refusal != .prefix))
            case 11..<19:
                guard !present.isEmpty else { continue }
                table.leave(present.remove(at: Int.random(in: 0..<present.count, using: &random)))
            default:
                let known = strangers.prefix(38).shuffled(using: &random).prefix(12)
                table.update(try Self.lan(links: Dictionary(uniqueKeysWithValues: known.map { ($0, Self.link(1)!) })))
            }
            #expect(table.total == present.count)
            for address in strangers {
                let mine = table.source(ofPresent: address)
                guard mine != nil else { continue }
                let same = present.count { table.source(ofPresent: $0) == mine }
                #expect(table.count(sharedWith: address) == same)
            }
        }
        // Somebody who never came leaves nothing behind.
        table.leave(try Self.address("198.51.100.77"))
        for address in present { table.leave(address) }
        #expect(table.total == 0)
        #expect(strangers.allSatisfy { table.count(sharedWith: $0) == 0 })
    }
}

/// Random numbers that are the same at every run (splitmix64).
private struct Sequence: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
