import Testing

@testable import Discovery

/// What a search for the services that are there has seen, without Avahi.
@Suite struct SightingsTests {
    private static func service(_ name: String, host: String = "h", port: UInt16 = 1, txt: [String] = [])
        -> DiscoveredService
    {
        DiscoveredService(
            name: name, type: "_idprov._tcp", hostName: host, addresses: ["10.0.0.1"], port: port, txt: txt,
            interfaceIndex: 2)
    }

    private static func sightings(
        _ events: [ServiceBrowser.Event],
        where isUsable: @escaping @Sendable (DiscoveredService) -> Bool = { _ in true }
    ) -> Sightings {
        let sightings = Sightings(isUsable)
        sightings.take(.looking)
        for event in events { sightings.take(.event(event)) }
        return sightings
    }

    @Test func services_AreInTheOrderTheyWereFound() throws {
        let services = ["b", "a", "c"].map { Self.service($0) }
        #expect(try Self.sightings(services.map { .found($0) }).result() == services)
    }

    @Test func service_IsReplacedInItsPlace() throws {
        let result = try Self.sightings([
            .found(Self.service("a")), .found(Self.service("b")), .found(Self.service("a", txt: ["x"])),
            .found(Self.service("a", host: "other")), .found(Self.service("a", port: 2)),
        ]).result()
        #expect(
            result == [
                Self.service("a", txt: ["x"]), Self.service("b"), Self.service("a", host: "other"),
                Self.service("a", port: 2),
            ])
    }

    @Test func serviceThatIsGoneOrOfNoMoreUse_IsForgotten() throws {
        let sightings = Self.sightings(
            [
                .found(Self.service("a")), .found(Self.service("a", port: 2)), .found(Self.service("b")),
                .found(Self.service("c", txt: ["bad"])), .gone("a"), .found(Self.service("b", txt: ["bad"])),
                .gone("x"),
            ], where: { $0.txt != ["bad"] })
        #expect(try sightings.result().isEmpty)
        sightings.take(.event(.found(Self.service("b"))))
        #expect(try sightings.result() == [Self.service("b")])
    }

    @Test func inventedServices_AreKeptBoundedly() throws {
        let sightings = Self.sightings((0..<1000).map { .found(Self.service("\($0)")) })
        #expect(try sightings.result().map(\.name) == (0..<64).map { "\($0)" })
        // One that is known is still told anew, and one that goes makes room.
        sightings.take(.event(.found(Self.service("63", txt: ["new"]))))
        sightings.take(.event(.gone("0")))
        sightings.take(.event(.found(Self.service("late"))))
        let result = try sightings.result()
        #expect(result.count == 64 && result.last?.name == "late" && result[62].txt == ["new"])
    }

    @Test func searchThatCouldNotLook_SaysWhy() throws {
        let sightings = Sightings { _ in true }
        #expect(throws: DiscoveryError.unavailable(reason: "no answer in time")) { try sightings.result() }
        sightings.take(.waiting(reason: "no bus"))
        sightings.take(.waiting(reason: "no daemon"))
        #expect(throws: DiscoveryError.unavailable(reason: "no daemon")) { try sightings.result() }
        sightings.take(.looking)
        #expect(try sightings.result().isEmpty)
    }

    @Test(.timeLimit(.minutes(1))) func firstUsableService_EndsTheWait() async {
        let sightings = Sightings { $0.port == 1 }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { for await _ in sightings.firstFound {} }
            sightings.take(.event(.found(Self.service("a", port: 2))))
            sightings.take(.event(.gone("a")))
            sightings.take(.event(.found(Self.service("a", port: 1))))
            await group.waitForAll()
        }
    }
}
