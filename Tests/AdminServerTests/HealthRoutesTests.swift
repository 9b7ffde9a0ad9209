internal import AdminAPI
import Devices
internal import Encoding
import Foundation
import HTTPTypes
import HubHTTP
internal import Journal
internal import JournalTestSupport
internal import Rooms
internal import RouteTestSupport
internal import Store
import Testing
import Wire

/// What devices told over their links, over the admin API.
@Suite struct HealthRoutesTests {
    private let rig: AdminRig

    init() async throws {
        rig = try await AdminRig()
        let device = Device(id: "lamp", state: .approved, seen: rig.clock.now)
        try await rig.rooms.journal.store.write { [rooms = rig.rooms] db in try rooms.devices.save(device, in: db) }
    }

    private func get(_ path: String) async throws -> RouteClient.Answer {
        try await rig.local.send(.get, "/admin/v1/devices/" + path, body: [], as: Peer(address: "local", userID: 0))
    }

    private func read<Value: Decodable>(_ type: Value.Type, _ path: String) async throws -> Value {
        let answer = try await get(path)
        #expect(answer.status == .ok)
        return try JSONDecoder().decode(type, from: Data(answer.body))
    }

    private func tell(_ metrics: [HealthReport.Metric]) async throws {
        var report = HealthReport()
        report.metrics = metrics
        report.alarms = [NamedText("Hot", "text")]
        report.checks = [.init("db", isPassed: false, note: "n"), .init("net", isPassed: true)]
        report.metadata = [NamedText("placement", "bench")]
        report.timestamp = 1_900_000_000
        try await rig.rooms.health.take(report, of: "lamp")
    }

    @Test func deviceThatToldNothing_HasNoReport() async throws {
        #expect(try await read(AdminDevice.self, "lamp").reported == nil)
        #expect(try await read(AdminDeviceHealth.self, "lamp/health") == AdminDeviceHealth(deviceID: "lamp"))
        #expect(try await read(AdminPage<AdminLogLine>.self, "lamp/logs").items.isEmpty)
    }

    @Test func health_IsTheLastReport_AndTheSamples() async throws {
        try await tell([.init("cpu_usage_percent", 20)])
        rig.clock.advance(by: 7200)
        try await tell([.init("cpu_usage_percent", 83.5), .init("load_1min", 0.25)])
        let health = try await read(AdminDeviceHealth.self, "lamp/health")
        #expect(health.status == "warning" && health.timestamp == "2030-03-17T17:46:40Z")
        #expect(health.metrics == ["cpu_usage_percent": 83.5, "load_1min": 0.25])
        #expect(health.alarms == ["Hot": "text"] && health.metadata == ["placement": "bench"])
        #expect(health.checks["db"] == AdminHealthCheck(pass: false, note: "n"))
        #expect(health.checks["net"] == AdminHealthCheck(pass: true, note: nil))
        #expect(health.samples.map(\.metrics) == [["cpu_usage_percent": 20], health.metrics])
        #expect(try await read(AdminDeviceHealth.self, "lamp/health?hours=1").samples.count == 1)
        let summary = try await read(AdminDevice.self, "lamp").reported?.health
        #expect(summary?.status == "warning" && summary?.concerns == ["cpu_usage_percent": 83.5])
    }

    @Test func placeAndNetworks_StandInTheRecord() async throws {
        let health = rig.rooms.health
        try await health.take(
            .location(GeoLocation(latitude: 12.5, longitude: 41.25, source: "fixed", accuracy: 10)), of: "lamp")
        try await health.take(.failed(code: "HTTP_ERROR", reason: ".."), of: "lamp")
        try await health.take(LinkInterface(name: "wlan0"), of: "lamp")
        try await health.take(connectionTypes: ["wifi"], of: "lamp")
        try await health.take(
            [
                NetworkIdentity(
                    service: "wireguard", identifier: "k", instance: "wg0",
                    details: .object([.init("ip", .string("10.0.0.2"))]))
            ], of: "lamp")
        let told = try #require(try await read(AdminDevice.self, "lamp").reported)
        #expect(told.location?.latitude == 12.5 && told.location?.source == "fixed" && told.location?.accuracy == 10)
        #expect(told.locationFailure?.code == "HTTP_ERROR")
        #expect(told.networkInterface?.kind == "wifi" && told.connectionTypes == ["wifi"])
        #expect(told.networkIdentities?.first?.instance == "wg0")
        #expect(told.networkIdentities?.first?.details?["ip"]?.string == "10.0.0.2")
        #expect(told.health == nil)
    }

    @Test func logLines_ComeInPages() async throws {
        try await rig.rooms.health.take(
            [
                LogLine(level: "info", message: "a"),
                LogLine(level: "error", message: "b", time: 1_900_000_000_000_042),
                LogLine(level: "info", message: "c"),
            ], of: "lamp")
        let first = try await read(AdminPage<AdminLogLine>.self, "lamp/logs?limit=2")
        #expect(first.items.map(\.message) == ["a", "b"] && first.after == "2")
        #expect(first.items.map(\.writtenAt) == [nil, "2030-03-17T17:46:40.000042Z"])
        let rest = try await read(AdminPage<AdminLogLine>.self, "lamp/logs?limit=2&after=2")
        #expect(rest.items.map(\.message) == ["c"] && rest.after == nil)
    }

    @Test func badQuestions_AreRefused() async throws {
        for path in [
            "lamp/health?hours=0", "lamp/health?hours=169", "lamp/health?hours=x", "lamp/logs?after=x",
            "lamp/logs?limit=0",
        ] {
            #expect(try await get(path).status == .badRequest, "\(path)")
        }
        for path in ["nobody/health", "nobody/logs", "nobody"] {
            let answer = try await get(path)
            #expect(answer.status == .notFound, "\(path)")
            let failure = try JSONDecoder().decode(AdminFailure.self, from: Data(answer.body))
            #expect(failure.error.code == "unknownDevice")
        }
    }
}
