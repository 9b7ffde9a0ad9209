internal import Journal
internal import JournalTestSupport
internal import Store
import Testing
import Wire
@testable import Devices

/// How long samples are kept, how they are thinned with age, and what a clock that is set does to them
/// (docs/time.md).
@Suite struct HealthHistoryTests {
    /// The beginning of an hour.
    private static let start: Int64 = 1_900_000_800

    private static func site() async throws -> DevicesRig {
        let rig = try await DevicesRig(clock: ManualClock(at: start))
        for id in ["lamp", "pump"] { try await rig.put(id, .approved, serial: "0a") }
        return rig
    }

    /// Samples of a device, some minutes ago each.
    private static func add(_ rig: DevicesRig, _ id: String, minutesAgo: [Int64]) async throws {
        let now = rig.clock.now / 60
        try await rig.base.store.write { db in
            for minutes in minutesAgo {
                try SampleStore.save([.init("age", Double(minutes))], minute: now - minutes, of: id, in: db)
            }
        }
    }

    private static func ages(_ rig: DevicesRig, _ id: String) async throws -> [Int64] {
        try await rig.rooms.health.samples(of: id).reversed().map { (rig.clock.now - $0.at) / 60 }
    }

    @Test func samplesOfEachMinute_AreThinnedWithAge() async throws {
        let rig = try await Self.site()
        try await Self.add(rig, "lamp", minutesAgo: Array(0...(8 * 1440)))
        try await Self.add(rig, "pump", minutesAgo: stride(from: 7, to: 7 * 1440, by: 60).map { $0 })
        try await rig.rooms.health.sweep()
        let ages = try await Self.ages(rig, "lamp")
        #expect(ages.filter { $0 <= 1440 } == Array(0...1440))
        #expect(ages.filter { (1441...4320).contains($0) } == stride(from: 1455, through: 4320, by: 15).map { $0 })
        #expect(ages.filter { $0 > 4320 } == stride(from: 4380, through: 7 * 1440, by: 60).map { $0 })
        #expect(try await Self.ages(rig, "pump").count == 7 * 24, "once an hour is not thinned")
        try await rig.rooms.health.sweep()
        #expect(try await Self.ages(rig, "lamp") == ages)
    }

    @Test func laterSweeps_GoOnWhereTheLastOneEnded() async throws {
        let rig = try await Self.site()
        try await Self.add(rig, "lamp", minutesAgo: Array(0...1440))
        for _ in 1...3 {
            rig.clock.advance(by: 600)
            try await rig.rooms.health.sweep()
        }
        let ages = try await Self.ages(rig, "lamp")
        #expect(ages.filter { $0 > 1440 } == [1455, 1470])
        #expect(ages.filter { $0 <= 1440 } == Array(30...1440))
        rig.clock.advance(by: 7 * 86_400)
        try await rig.rooms.health.sweep()
        #expect(try await Self.ages(rig, "lamp").isEmpty)
    }

    @Test func lastHours_CanBeAskedForAlone() async throws {
        let rig = try await Self.site()
        try await Self.add(rig, "lamp", minutesAgo: [0, 59, 60, 61, 600])
        #expect(try await rig.rooms.health.samples(of: "lamp", minutes: 60).count == 3)
        #expect(try await rig.rooms.health.samples(of: "lamp", minutes: .max / 2).count == 5)
    }

    /// A clock that jumps forward must not cost the history at once.
    @Test func clockThatJumpsForward_RemovesNothing() async throws {
        let rig = try await Self.site()
        try await Self.add(rig, "lamp", minutesAgo: Array(0...300))
        try await rig.rooms.health.take([LogLine(level: "info", message: "m")], of: "lamp")
        rig.clock.jump(by: 30 * 86_400)
        _ = try await rig.journal.lookAtClock()
        try await rig.rooms.health.sweep()
        rig.clock.jump(by: -30 * 86_400)
        _ = try await rig.journal.lookAtClock()
        try await rig.rooms.health.sweep()
        #expect(try await Self.ages(rig, "lamp") == Array(0...300))
        #expect(try await rig.rooms.health.logLines(of: "lamp", after: 0, limit: 10).count == 1)
    }

    /// What was sent while the clock was ahead ends now, with its distances; what stands already stays.
    @Test func clockSetBack_MovesSamplesBack() async throws {
        let rig = try await Self.site()
        try await Self.add(rig, "lamp", minutesAgo: [0, 10, 20])
        rig.clock.jump(by: 30 * 86_400)
        _ = try await rig.journal.lookAtClock()
        try await Self.add(rig, "lamp", minutesAgo: [0, 5, 10, 15])
        try await Self.add(rig, "pump", minutesAgo: [2, 4])
        try await rig.rooms.health.take(LinkInterface(name: "eth0"), of: "lamp")
        try await rig.rooms.health.take([LogLine(level: "info", message: "m")], of: "lamp")
        rig.clock.jump(by: -30 * 86_400)
        _ = try await rig.journal.lookAtClock()
        #expect(try await Self.ages(rig, "lamp") == [0, 5, 10, 15, 20])
        #expect(try await Self.ages(rig, "pump") == [0, 2])
        #expect(try await rig.rooms.health.facts(of: "lamp").interface?.at == Self.start)
        #expect(try await rig.rooms.health.logLines(of: "lamp", after: 0, limit: 10).map(\.at) == [Self.start])
    }

    @Test func thinning_BeginsAnew_WhenTheClockIsSetBack() async throws {
        let rig = try await Self.site()
        try await rig.rooms.health.sweep()
        rig.clock.advance(by: 3 * 86_400)
        _ = try await rig.journal.lookAtClock()
        try await rig.rooms.health.sweep()
        rig.clock.jump(by: -3 * 86_400)
        _ = try await rig.journal.lookAtClock()
        try await Self.add(rig, "lamp", minutesAgo: Array(1500...1560))
        try await rig.rooms.health.sweep()
        #expect(try await Self.ages(rig, "lamp") == [1500, 1515, 1530, 1545, 1560])
    }
}
