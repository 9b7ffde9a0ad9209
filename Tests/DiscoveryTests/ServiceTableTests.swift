import Testing

@testable import Discovery

@Suite struct ServiceTableTests {
    private static let ipv4 = ResolvedAddress(bytes: [10, 77, 0, 1], text: "10.77.0.1", scope: "eth0")
    private static let otherIPv4 = ResolvedAddress(bytes: [10, 78, 0, 1], text: "10.78.0.1", scope: "eth1")
    private static let global = ResolvedAddress(
        bytes: [0xfd] + Array(repeating: 0, count: 14) + [1], text: "fd00::1", scope: "eth0")
    private static let linkLocal = ResolvedAddress(
        bytes: [0xfe, 0x80] + Array(repeating: 0, count: 13) + [1], text: "fe80::1", scope: "eth0")

    private static func answer(
        _ address: ResolvedAddress?, name: String = "idprov", interface: Int32 = 2, transport: Int32 = 0,
        host: String = "hub.local", port: UInt16 = 43776, txt: [String] = ["path=/idprov/directory"]
    ) throws -> ResolvedInstance {
        ResolvedInstance(
            instance: ServiceInstance(name: name, domain: "local", interface: interface, transport: transport),
            hostName: host, port: port, address: try #require(address), txt: txt)
    }

    private static func service(_ event: ServiceBrowser.Event?) -> DiscoveredService? {
        guard case .found(let service) = event else { return nil }
        return service
    }

    @Test func answersOfOneService_BecomeOne_BestAddressFirst() throws {
        var table = ServiceTable(type: "_idprov._tcp")
        _ = table.resolved(try Self.answer(Self.linkLocal))
        _ = table.resolved(try Self.answer(Self.otherIPv4, interface: 3))
        _ = table.resolved(try Self.answer(Self.global, transport: 1))
        let events = table.resolved(try Self.answer(Self.ipv4))
        #expect(events.count == 1)
        #expect(
            Self.service(events.first)
                == DiscoveredService(
                    name: "idprov", type: "_idprov._tcp", hostName: "hub.local",
                    addresses: ["10.77.0.1", "10.78.0.1", "fd00::1", "fe80::1%eth0"], port: 43776,
                    txt: ["path=/idprov/directory"], interfaceIndex: 2))
    }

    @Test func sameAnswerAgain_IsNoNews() throws {
        var table = ServiceTable(type: "_idprov._tcp")
        #expect(try table.resolved(Self.answer(Self.ipv4)).count == 1)
        #expect(try table.resolved(Self.answer(Self.ipv4)).isEmpty)
        // The same address over the other transport adds nothing either.
        #expect(try table.resolved(Self.answer(Self.ipv4, transport: 1)).isEmpty)
    }

    @Test func changedRecord_IsFoundAgain() throws {
        var table = ServiceTable(type: "_idprov._tcp")
        _ = table.resolved(try Self.answer(Self.ipv4))
        #expect(try Self.service(table.resolved(Self.answer(Self.ipv4, port: 1)).first)?.port == 1)
        #expect(try Self.service(table.resolved(Self.answer(Self.ipv4, port: 1, txt: [])).first)?.txt == [])
    }

    @Test func sameNameOnTwoHosts_IsNotMixed() throws {
        var table = ServiceTable(type: "_idprov._tcp")
        _ = table.resolved(try Self.answer(Self.ipv4))
        let events = table.resolved(try Self.answer(Self.otherIPv4, interface: 3, host: "fake.local", port: 1))
        #expect(events.count == 1)
        #expect(Self.service(events.first)?.addresses == ["10.78.0.1"])
        #expect(Self.service(events.first)?.hostName == "fake.local")
    }

    @Test func service_IsGoneWithItsLastInstance() throws {
        var table = ServiceTable(type: "_idprov._tcp")
        let first = try Self.answer(Self.ipv4)
        let second = try Self.answer(Self.otherIPv4, interface: 3)
        _ = table.resolved(first)
        _ = table.resolved(second)
        #expect(Self.service(table.disappeared(first.instance).first)?.addresses == ["10.78.0.1"])
        #expect(table.disappeared(second.instance) == [.gone("idprov")])
        #expect(table.disappeared(second.instance).isEmpty)
    }

    @Test func unknownInstance_DisappearsSilently() {
        var table = ServiceTable(type: "_idprov._tcp")
        #expect(table.disappeared(ServiceInstance(name: "x", domain: "local", interface: 2, transport: 0)).isEmpty)
    }

    @Test func lostDaemon_LeavesNothing() throws {
        var table = ServiceTable(type: "_idprov._tcp")
        _ = table.resolved(try Self.answer(Self.ipv4, name: "b"))
        _ = table.resolved(try Self.answer(Self.ipv4, name: "a"))
        #expect(table.clear() == [.gone("a"), .gone("b")])
        #expect(table.clear().isEmpty)
        #expect(try table.resolved(Self.answer(Self.ipv4, name: "a")).count == 1)
    }
}
