internal import Encoding
internal import JournalTestSupport
internal import Store
import Testing
import Wire
@testable import Devices

/// The newest of what devices tell of their place and their networks.
@Suite struct DeviceFactTests {
    private static let start: Int64 = 1_900_000_000

    private static func site() async throws -> DevicesRig {
        let rig = try await DevicesRig(clock: ManualClock(at: start))
        try await rig.put("lamp", .approved, serial: "0a")
        return rig
    }

    @Test func locationFailure_LeavesTheLastPlace() async throws {
        let rig = try await Self.site()
        let health = rig.rooms.health
        let place = GeoLocation(latitude: 12.5, longitude: 41.25, source: "fixed", accuracy: 10)
        try await health.take(.location(place), of: "lamp")
        rig.clock.advance(by: 60)
        try await health.take(.failed(code: "HTTP_ERROR", reason: ".."), of: "lamp")
        var facts = try await health.facts(of: "lamp")
        #expect(facts.location == Told(place, at: Self.start))
        #expect(facts.locationFailure?.value == LocationFailure(code: "HTTP_ERROR", reason: ".."))
        rig.clock.advance(by: 60)
        try await health.take(.location(place), of: "lamp")
        facts = try await health.facts(of: "lamp")
        #expect(facts.location == Told(place, at: Self.start + 120), "that it can tell again is news")
        #expect(facts.locationFailure == nil)
    }

    @Test(arguments: [(0, false), (3599, false), (3600, true), (-1, true)] as [(Int64, Bool)])
    func sameFact_IsWrittenOnceInAnHour(after seconds: Int64, isWritten: Bool) async throws {
        let rig = try await Self.site()
        let health = rig.rooms.health
        func tell() async throws {
            try await health.take(LinkInterface(name: "wlan0"), of: "lamp")
            try await health.take(connectionTypes: ["wifi"], of: "lamp")
            try await health.take(.location(GeoLocation(latitude: 1, longitude: 2)), of: "lamp")
            try await health.take([NetworkIdentity(service: "iroh", identifier: "é")], of: "lamp")
        }
        try await tell()
        rig.clock.jump(by: seconds)
        try await tell()
        let facts = try await health.facts(of: "lamp")
        let at = Self.start + (isWritten ? seconds : 0)
        let times = [facts.interface?.at, facts.connectionTypes?.at, facts.location?.at, facts.identities?.at]
        #expect(times == [at, at, at, at])
        try await health.take(LinkInterface(name: "eth0"), of: "lamp")
        #expect(
            try await health.facts(of: "lamp").interface == Told(LinkInterface(name: "eth0"), at: Self.start + seconds))
    }

    private static func identity(_ service: String, _ identifier: String, _ instance: String = "") -> NetworkIdentity {
        NetworkIdentity(service: service, identifier: identifier, instance: instance)
    }

    @Test func identitiesThatAreNotNamed_Stay() async throws {
        let rig = try await Self.site()
        let health = rig.rooms.health
        try await health.take([Self.identity("wireguard", "a", "wg0"), Self.identity("iroh", "b")], of: "lamp")
        try await health.take(
            [Self.identity("wireguard", "c", "wg0"), Self.identity("wireguard", "d", "wg1")], of: "lamp")
        try await health.take([NetworkIdentity](), of: "lamp")
        let kept = try await health.facts(of: "lamp").identities?.value
        #expect(kept?.map(\.identifier) == ["d", "c", "b"])
    }

    @Test func identities_AreTen_TheNewest() async throws {
        let rig = try await Self.site()
        let health = rig.rooms.health
        for round in 0..<3 {
            try await health.take(
                (0..<6).map { Self.identity("netbird", "x", "\(round)-\($0)") }, of: "lamp")
        }
        let kept = try await health.facts(of: "lamp").identities?.value ?? []
        #expect(kept.count == 10 && kept.first?.instance == "2-5" && kept.last?.instance == "1-2")
    }
}
