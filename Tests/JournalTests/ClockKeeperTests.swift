internal import JournalTestSupport
import Testing
@testable import Journal

/// How the clock is watched, and what it means for the trail (docs/time.md).
@Suite struct ClockKeeperTests {
    private static let year: Int64 = 365 * 86_400

    @Test func keeper_TellsJumpsFromTimePassing() {
        var keeper = ClockKeeper(now: 1000, steady: 5)
        #expect(keeper.look(now: 1010, steady: 15) == nil)
        #expect(keeper.look(now: 1000, steady: 20) == nil, "a little is no jump")
        #expect(keeper.look(now: 970, steady: 20) == nil)
        #expect(keeper.look(now: 930, steady: 20) == .back(from: 1015, to: 930), "but many of them are one")
        #expect(keeper.look(now: 5000, steady: 30) == .forward(from: 940, to: 5000))
        #expect(keeper.look(now: 1040, steady: 40) == .back(from: 5010, to: 1040))
        #expect(keeper.look(now: 1040 + 86_400, steady: 40 + 86_400) == nil, "asleep")
    }

    @Test func slowTimes_FollowAClockThatJumpedForward() {
        let start: Int64 = 1_900_000_000
        var keeper = ClockKeeper(now: start, steady: 0)
        _ = keeper.look(now: start + Self.year, steady: 0)
        #expect(keeper.slowTime(now: start + Self.year, steady: 0) == start)
        _ = keeper.look(now: start + Self.year + 100, steady: 100)
        #expect(keeper.kept == .init(latest: start + Self.year + 100, slow: start + 1000, slowest: start + 100))
        var (next, change) = ClockKeeper.resuming(keeper.kept, now: start + 50, steady: 7)
        #expect(change == .back(from: start + Self.year + 100, to: start + 50))
        #expect(next.kept == .init(latest: start + 50, slow: start + 50, slowest: start + 50))
        (next, change) = ClockKeeper.resuming(keeper.kept, now: start + 2 * Self.year, steady: 7)
        #expect(change == nil && next.kept.slowest == start + 100, "nobody knows how long it was off")
        var unset = ClockKeeper(now: 1000, steady: 0)
        _ = unset.look(now: start, steady: 10)
        #expect(unset.slowestTime(now: start, steady: 10) == start, "a clock that was never set holds nothing back")
    }

    @Test func trail_GoesByNumberNotByTime() async throws {
        let rig = try await JournalRig(clock: ManualClock(at: 1_900_000_000))
        let journal = rig.journal
        for jump in [Self.year, -2 * Self.year, Self.year] {
            try await journal.audit("test.event", "x", by: .hub)
            rig.clock.jump(by: jump)
        }
        let events = try await journal.auditEvents(before: nil, subject: "x", limit: 10)
        #expect(events.map(\.sequence) == events.map(\.sequence).sorted(by: >) && events.count == 3)
        guard case .intact = try await journal.verifyAudit() else {
            Issue.record("broken")
            return
        }
    }

    @Test func clockSetBack_IsAnnounced_ClockSetForwardIsNot() async throws {
        let rig = try await JournalRig()
        let log = EndingLog(rig.journal.endings)
        rig.clock.jump(by: 30 * 86_400)
        _ = try await rig.journal.lookAtClock()
        #expect(log.heard.isEmpty)
        rig.clock.jump(by: -30 * 86_400)
        _ = try await rig.journal.lookAtClock()
        #expect(log.heard == [.clockSetBack])
    }
}
