internal import BaseTestSupport
internal import JournalTestSupport
internal import Store
import Testing
@testable import Journal

/// What holds of the clock's keeper whatever the clock does, and what a jump leaves in the store.
@Suite struct ClockModelTests {
    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func slowTimes_NeverRunAhead_AndAJumpIsToldAsItWas(seed: UInt64) {
        var random = SeededGenerator(seed)
        // So late that no jump leads to a time in which clocks count as never set.
        var (now, steady): (Int64, Int64) = (8_000_000_000, 0)
        var keeper = ClockKeeper(now: now, steady: steady)
        for _ in 0..<500 {
            let passed = random.pick([0, 1, 5, 600, 86_400]) as Int64
            let jump = random.pick([0, 0, 0, 61, -61, 86_400, -86_400, 365 * 86_400, -365 * 86_400]) as Int64
            let before = keeper.kept
            (now, steady) = (now + passed + jump, steady + passed)
            let change = keeper.look(now: now, steady: steady)
            switch change {
            case nil: #expect(jump == 0)
            case .back(let from, let to): #expect(jump < 0 && to - from == jump && to == now)
            case .forward(let from, let to): #expect(jump > 0 && to - from == jump && to == now)
            }
            let kept = keeper.kept
            #expect(kept.slow <= now && kept.slowest <= now && kept.latest == now)
            #expect(kept.slow - before.slow <= 10 * passed && kept.slowest - before.slowest <= passed)
            #expect(kept.slowest <= kept.slow, "what must never come to life again goes last")
            // Between two looks the times go on in the same way.
            #expect(keeper.slowTime(now: now, steady: steady) == kept.slow)
            #expect(keeper.slowestTime(now: now + 7, steady: steady + 7) <= kept.slowest + 7)
        }
    }

    /// Where nothing jumps, all times are one.
    @Test func clockThatIsLeftAlone_HasOneTime() {
        var keeper = ClockKeeper(now: 1_900_000_000, steady: 50)
        for second in 1...2000 as ClosedRange<Int64> {
            #expect(keeper.look(now: 1_900_000_000 + second, steady: 50 + second) == nil)
            #expect(
                keeper.kept
                    == .init(
                        latest: 1_900_000_000 + second, slow: 1_900_000_000 + second,
                        slowest: 1_900_000_000 + second))
        }
    }

    @Test(arguments: [(59, false), (60, false), (61, true), (-60, false), (-61, true)] as [(Int64, Bool)])
    func differenceOfAMinute_IsNoJump(difference: Int64, isJump: Bool) {
        var keeper = ClockKeeper(now: 1_900_000_000, steady: 0)
        #expect((keeper.look(now: 1_900_000_100 + difference, steady: 100) != nil) == isJump)
    }

    @Test(arguments: 1...10 as ClosedRange<UInt64>)
    func restartWithoutAPause_ChangesNothing(seed: UInt64) {
        var random = SeededGenerator(seed)
        var now: Int64 = 1_900_000_000
        var keeper = ClockKeeper(now: now, steady: 0)
        for steady in 1...200 as ClosedRange<Int64> {
            now += 1 + (random.pick([0, 0, 0, 86_400, -86_400]) as Int64)
            _ = keeper.look(now: now, steady: steady)
            let (resumed, change) = ClockKeeper.resuming(keeper.kept, now: now, steady: 9_000)
            #expect(change == nil && resumed.kept == keeper.kept)
        }
    }

    // MARK: - In the store

    private static let day: Int64 = 86_400

    @Test func jump_IsInTheTrail_BackRaisesAnAlarmToo() async throws {
        let rig = try await JournalRig(clock: ManualClock(at: 1_900_000_000))
        let journal = rig.journal
        #expect(journal.lastSetBack == nil && journal.clockWrongUntil == 0)
        rig.clock.jump(by: 10 * Self.day)
        #expect(try await journal.lookAtClock() == .forward(from: 1_900_000_000, to: 1_900_864_000))
        #expect(try await journal.alarmCounts().isEmpty)
        #expect(journal.slowTime == 1_900_000_000 && journal.slowestTime == 1_900_000_000)
        rig.clock.jump(by: -10 * Self.day)
        #expect(try await journal.lookAtClock() == .back(from: 1_900_864_000, to: 1_900_000_000))
        #expect(try await journal.alarmCounts() == [.clockSetBack: 1])
        #expect(journal.clockWrongUntil == 1_900_864_000)
        #expect(journal.lastSetBack?.seconds == 10 * Self.day && journal.lastSetBack?.at == 1_900_000_000)
        let lines = try await journal.auditEvents(before: nil, subject: "hub", limit: 9)
        #expect(lines.map(\.action) == ["clock.back", "clock.forward"])
        #expect(lines.map(\.detail).first == #"{"from":"2030-03-27T17:46:40Z","to":"2030-03-17T17:46:40Z"}"#)
        #expect(try await journal.lookAtClock() == nil, "told once")
    }

    @Test func jumpWhileTheHubWasOff_IsNoticedAtItsStart() async throws {
        let clock = ManualClock(at: 1_900_000_000)
        let first = try await JournalRig(clock: clock)
        clock.jump(by: 10 * Self.day)
        _ = try await first.journal.lookAtClock()
        try first.store.close()
        clock.jump(by: -3 * Self.day)
        let rig = try await JournalRig(folder: first.folder, clock: clock)
        #expect(rig.journal.clockWrongUntil == 1_900_864_000)
        #expect(try await rig.journal.alarmCounts() == [.clockSetBack: 1])
        #expect(rig.journal.slowTime == 1_900_000_000, "which goes on from what was kept")
        try rig.store.close()
        let next = try await JournalRig(folder: first.folder, clock: clock)
        #expect(next.journal.clockWrongUntil == 1_900_864_000, "also after one more start")
        #expect(next.journal.lastSetBack == nil)
    }

    @Test func store_LearnsOfTheClockEveryTenMinutes() async throws {
        let rig = try await JournalRig(clock: ManualClock(at: 1_900_000_000))
        func kept() async throws -> [UInt8]? {
            try await rig.store.read { db in try Settings.value("clock", in: db) }
        }
        let first = try await kept()
        rig.clock.advance(by: 599)
        _ = try await rig.journal.lookAtClock()
        #expect(try await kept() == first)
        rig.clock.advance(by: 1)
        _ = try await rig.journal.lookAtClock()
        #expect(try await kept() == Array("1900000600 1900000600 1900000600 0".utf8))
    }

    @Test(arguments: ["", "1 2 3", "a b c d", "1900000000"])
    func keptTimesThatAreNone_AreAsIfNothingWasKept(text: String) async throws {
        let clock = ManualClock(at: 1_900_000_000)
        let first = try await JournalRig(clock: clock)
        try await first.store.write { db in try Settings.set("clock", to: Array(text.utf8), in: db) }
        try first.store.close()
        clock.jump(by: -Self.day)
        let rig = try await JournalRig(folder: first.folder, clock: clock)
        #expect(try await rig.journal.alarmCounts().isEmpty)
        #expect(rig.journal.slowTime == clock.now)
    }

    /// No pause of a receiver and no date of an alarm lies in a time that has not come.
    @Test func whatAWrongClockWrote_IsShortenedAtOnce() async throws {
        let rig = try await JournalRig(clock: ManualClock(at: 1_900_000_000))
        let journal = rig.journal
        let hook = try await journal.addWebhook(NewWebhook(url: "https://desk.example/"), by: .hub).webhook
        rig.clock.jump(by: 100 * Self.day)
        _ = try await journal.lookAtClock()
        try await journal.store.write { db in
            try journal.raiseAlarm(.fakeHub, "d1", in: db)
            try journal.raiseAlarm(.fakeHub, "d2", in: db)
            try journal.clearAlarm(.fakeHub, "d2", in: db)
        }
        let delivery = try #require(try await journal.nextDelivery(of: hook.id))
        for _ in 1...12 { try await journal.deliveryFailed(delivery, reason: "x", chance: 0.5) }
        rig.clock.jump(by: -100 * Self.day)
        _ = try await journal.lookAtClock()
        let now = rig.clock.now
        for alarm in try await journal.alarms(all: true, before: nil, limit: 9) {
            #expect(alarm.firstSeen == now && alarm.lastSeen == now && (alarm.clearedAt ?? now) == now)
        }
        #expect(try await journal.webhook(hook.id).notBefore == now)
        #expect(try await journal.dueWebhooks() == [hook.id])
    }
}
