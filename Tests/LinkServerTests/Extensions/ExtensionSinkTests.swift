import Devices
import JournalTestSupport
internal import Logging
import RecordTestSupport
import Rooms
import Store
import Testing
import Wire
@testable import LinkServer

/// What a device tells over its link is kept, and a store that fails ends nothing.
@Suite struct ExtensionSinkTests {
    private static func site() async throws -> (rig: RecordRig, sink: ExtensionSink) {
        let rig = try await RecordRig(clock: ManualClock(at: 1_900_000_000))
        try await rig.store.write { db in
            try rig.rooms.devices.save(Device(id: "lamp", state: .approved, seen: 1_900_000_000), in: db)
        }
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        return (rig, ExtensionSink(health: rig.rooms.health, logger: logger))
    }

    private static let findings: [DeviceFinding] = [
        .health(HealthReport()), .location(.location(GeoLocation(latitude: 1, longitude: 2))),
        .logs([LogLine(level: "info", message: "m")]), .interface(LinkInterface(name: "wlan0")),
        .identities([NetworkIdentity(service: "iroh", identifier: "x")]), .connectionTypes(["wifi"]),
    ]

    @Test func everyFinding_IsKept() async throws {
        let (rig, sink) = try await Self.site()
        for finding in Self.findings { await sink.keep(finding, of: "lamp") }
        await sink.keep(.location(.failed(code: "E", reason: "r")), of: "lamp")
        let facts = try await rig.rooms.health.facts(of: "lamp")
        #expect(facts.health?.value == HealthReport() && facts.health?.at == 1_900_000_000)
        #expect(facts.location?.value.latitude == 1 && facts.locationFailure?.value.code == "E")
        #expect(facts.interface?.value.kind == .wifi && facts.connectionTypes?.value == ["wifi"])
        #expect(facts.identities?.value.map(\.identifier) == ["x"])
        #expect(try await rig.rooms.health.logLines(of: "lamp", after: 0, limit: 10).map(\.line.message) == ["m"])
    }

    @Test func storeThatFails_EndsNothing() async throws {
        let (rig, sink) = try await Self.site()
        for finding in Self.findings { await sink.keep(finding, of: "nobody") }
        try rig.store.close()
        for finding in Self.findings { await sink.keep(finding, of: "lamp") }
    }
}
