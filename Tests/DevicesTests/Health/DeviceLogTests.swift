internal import JournalTestSupport
internal import Store
import Testing
import Wire
@testable import Devices

/// Log lines of devices: their order, and how many are kept.
@Suite struct DeviceLogTests {
    private static func site() async throws -> DevicesRig {
        let rig = try await DevicesRig(clock: ManualClock(at: 1_900_000_000))
        for id in ["lamp", "pump"] { try await rig.put(id, .approved, serial: "0a") }
        return rig
    }

    private static func lines(_ range: Range<Int>, size: Int = 0) -> [LogLine] {
        range.map { LogLine(level: "info", message: "\($0)" + String(repeating: "x", count: size)) }
    }

    private static func kept(_ rig: DevicesRig, _ id: String = "lamp") async throws -> [KeptLogLine] {
        try await rig.rooms.health.logLines(of: id, after: 0, limit: 10_000)
    }

    @Test func lines_ComeInTheirOrder_InPages() async throws {
        let rig = try await Self.site()
        let health = rig.rooms.health
        try await health.take(Self.lines(0..<3), of: "lamp")
        rig.clock.advance(by: 5)
        try await health.take([LogLine(level: "error", message: "last", time: 17)], of: "lamp")
        try await health.take([LogLine](), of: "lamp")
        let all = try await Self.kept(rig)
        #expect(all.map(\.line.message) == ["0", "1", "2", "last"] && all.map(\.number) == [1, 2, 3, 4])
        #expect(all.last?.line == LogLine(level: "error", message: "last", time: 17))
        #expect(all.last?.at == 1_900_000_005)
        #expect(try await health.logLines(of: "lamp", after: 1, limit: 2).map(\.number) == [2, 3])
        #expect(try await Self.kept(rig, "pump").isEmpty)
    }

    @Test func twoThousandLines_AreKept() async throws {
        let rig = try await Self.site()
        for start in stride(from: 0, to: 2500, by: 100) {
            try await rig.rooms.health.take(Self.lines(start..<(start + 100)), of: "lamp")
        }
        let all = try await Self.kept(rig)
        #expect(all.count == 2000 && all.first?.line.message == "500" && all.last?.line.message == "2499")
    }

    @Test func quarterOfAMebibyte_IsKept() async throws {
        let rig = try await Self.site()
        for start in stride(from: 0, to: 600, by: 100) {
            try await rig.rooms.health.take(Self.lines(start..<(start + 100), size: 1000), of: "lamp")
            let bytes = try await Self.kept(rig).reduce(0) {
                $0 + $1.line.message.utf8.count + $1.line.level.utf8.count
            }
            #expect(bytes <= 256 << 10)
        }
        let all = try await Self.kept(rig)
        #expect((250..<262).contains(all.count) && all.last?.line.message.hasPrefix("599x") == true)
    }

    @Test func lines_GoAfterThreeDays() async throws {
        let rig = try await Self.site()
        try await rig.rooms.health.take(Self.lines(0..<1), of: "lamp")
        rig.clock.advance(by: 86_400)
        try await rig.rooms.health.take(Self.lines(1..<2), of: "lamp")
        rig.clock.advance(by: 2 * 86_400)
        try await rig.rooms.health.sweep()
        #expect(try await Self.kept(rig).count == 2)
        rig.clock.advance(by: 1)
        try await rig.rooms.health.sweep()
        #expect(try await Self.kept(rig).map(\.line.message) == ["1"])
    }
}
