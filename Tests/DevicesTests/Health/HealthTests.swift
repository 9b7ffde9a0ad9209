internal import Encoding
internal import Journal
internal import JournalTestSupport
internal import Store
import Testing
import Wire
@testable import Devices

/// What devices tell of their health: the newest report, and its history.
@Suite struct HealthTests {
    private static let start: Int64 = 1_900_000_020

    private static func site() async throws -> DevicesRig {
        let rig = try await DevicesRig(clock: ManualClock(at: start))
        try await rig.put("lamp", .approved, serial: "0a")
        return rig
    }

    static func report(_ metrics: [HealthReport.Metric]) -> HealthReport {
        var report = HealthReport()
        report.metrics = metrics
        return report
    }

    @Test func deviceThatToldNothing_HasNoFacts() async throws {
        let rig = try await Self.site()
        #expect(try await rig.rooms.health.facts(of: "lamp") == DeviceFacts())
        #expect(try await rig.rooms.health.samples(of: "lamp").isEmpty)
        #expect(try await rig.rooms.health.logLines(of: "lamp", after: 0, limit: 10).isEmpty)
    }

    @Test func unknownDevice_IsRefused() async throws {
        let rig = try await Self.site()
        let health = rig.rooms.health
        await #expect(throws: DevicesError.unknownDevice("x")) { try await health.facts(of: "x") }
        await #expect(throws: DevicesError.unknownDevice("x")) { try await health.samples(of: "x") }
        await #expect(throws: DevicesError.unknownDevice("x")) {
            try await health.logLines(of: "x", after: 0, limit: 1)
        }
    }

    @Test func newestReport_IsKeptWhole_AndOneSampleAMinute() async throws {
        let rig = try await Self.site()
        let health = rig.rooms.health
        var report = Self.report([.init("load_1min", 1)])
        report.alarms = [NamedText("Hot", "é\u{1}")]
        report.checks = [.init("db", isPassed: false, note: "n")]
        try await health.take(report, of: "lamp")
        rig.clock.advance(by: 10)
        report.metrics = [.init("load_1min", 2)]
        try await health.take(report, of: "lamp")
        #expect(try await health.facts(of: "lamp").health == Told(report, at: Self.start + 10))
        #expect(try await health.samples(of: "lamp").map(\.metrics) == [[.init("load_1min", 2)]])
        rig.clock.advance(by: 60)
        try await health.take(Self.report([.init("load_1min", 3)]), of: "lamp")
        let samples = try await health.samples(of: "lamp")
        #expect(samples.map(\.at) == [Self.start / 60 * 60, Self.start / 60 * 60 + 60])
        #expect(try await health.facts(of: "lamp").health?.value.alarms.isEmpty == true)
    }

    @Test func reportWithoutMetrics_IsNoSample() async throws {
        let rig = try await Self.site()
        try await rig.rooms.health.take(HealthReport(), of: "lamp")
        #expect(try await rig.rooms.health.samples(of: "lamp").isEmpty)
        #expect(try await rig.rooms.health.facts(of: "lamp").health != nil)
    }

    @Test func sample_IsBounded_AndHasTheKnownMetrics() async throws {
        let rig = try await Self.site()
        let name = String(repeating: "n", count: 100)
        let report = Self.report((0..<60).map { .init("\(name)\($0)", 0.1) } + [.init("cpu_usage_percent", 5)])
        try await rig.rooms.health.take(report, of: "lamp")
        let metrics = try #require(try await rig.rooms.health.samples(of: "lamp").first?.metrics)
        #expect(metrics.first == .init("cpu_usage_percent", 5))
        #expect((10..<60).contains(metrics.count))
        #expect(HealthReport.json(metrics).encoded().count <= HealthLimits.sampleBytes)
        #expect(try await rig.rooms.health.facts(of: "lamp").health?.value.metrics.count == 61)
    }

    private static let statuses: [(metric: String, value: Double, status: HealthStatus)] = [
        ("cpu_usage_percent", 79.9, .ok), ("cpu_usage_percent", 80, .warning), ("cpu_usage_percent", 90, .unhealthy),
        ("mem_used_percent", 69, .ok), ("mem_used_percent", 70, .warning), ("mem_used_percent", 80, .unhealthy),
        ("disk_used_percentage", 79, .ok), ("disk_used_percentage", 80, .warning),
        ("disk_used_percentage", 90, .unhealthy), ("load_1min", 999, .ok), ("cpu_temp", 100, .ok),
    ]

    @Test func status_FollowsTheThresholds() {
        for (metric, value, status) in Self.statuses {
            let report = Self.report([.init(metric, value)])
            #expect(HealthStatus(report) == status, "\(metric) \(value)")
            #expect(HealthStatus.concerns(of: report) == (status == .ok ? [] : [.init(metric, value)]))
        }
        #expect(HealthStatus(HealthReport()) == .ok)
        let both = Self.report([.init("mem_used_percent", 75), .init("disk_used_percentage", 95)])
        #expect(HealthStatus(both) == .unhealthy && HealthStatus.concerns(of: both).count == 2)
    }

    @Test func removedDevice_IsForgotten_AndStaysSo() async throws {
        let rig = try await Self.site()
        let health = rig.rooms.health
        func tell() async throws {
            try await health.take(Self.report([.init("load_1min", 1)]), of: "lamp")
            try await health.take([LogLine(level: "info", message: "m")], of: "lamp")
            try await health.take(LinkInterface(name: "eth0"), of: "lamp")
        }
        try await tell()
        try await rig.end("lamp", as: .removed)
        try await tell()
        #expect(try await health.facts(of: "lamp") == DeviceFacts())
        #expect(try await health.samples(of: "lamp").isEmpty)
        #expect(try await health.logLines(of: "lamp", after: 0, limit: 10).isEmpty)
        try await health.take([LogLine(level: "info", message: "m")], of: "nobody")
    }
}
