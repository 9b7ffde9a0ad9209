import PKI
internal import RecordTestSupport
import Testing
internal import Wire
@testable import Journal
@testable import People
@testable import Secrets
@testable import Devices
@testable import Reach

/// What a clock that was ahead has written neither lasts for a year nor comes to life again in a year (docs/time.md).
@Suite struct KeptTimesTests {
    private static let year: Int64 = 365 * 86_400

    private static func rig() async throws -> (rig: RecordRig, rooms: RecordRooms) {
        let rig = try await RecordRig(clock: ManualClock(at: 1_900_000_000))
        return (rig, rig.rooms)
    }

    private static func setAhead(_ rig: RecordRig, by seconds: Int64 = year) async throws {
        rig.clock.jump(by: seconds)
        _ = try await rig.rooms.journal.lookAtClock()
    }

    private static func setRight(_ rig: RecordRig, by seconds: Int64 = year) async throws {
        rig.clock.jump(by: -seconds)
        _ = try await rig.rooms.journal.lookAtClock()
    }

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

    @Test func login_LastsItsWeekFromTheMomentTheClockIsRight() async throws {
        let (rig, rooms) = try await Self.rig()
        try await rooms.people.addUser("ann", role: .viewer, password: "correct horse", by: .hub)
        try await Self.setAhead(rig)
        let token = try await rooms.people.logIn("ann", password: "correct horse", by: .hub)
        try await Self.setRight(rig)
        #expect(try rooms.people.session(userToken: token) != nil)
        rig.clock.advance(by: People.loginSeconds)
        #expect(try rooms.people.session(userToken: token) == nil)
        rig.clock.advance(by: Self.year - People.loginSeconds + 10)
        #expect(try rooms.people.session(userToken: token) == nil, "nor in a year")
    }

    @Test func lockedLogin_OpensAfterItsTime_WhateverTheClockDoes() async throws {
        let (rig, rooms) = try await Self.rig()
        try await rooms.people.addUser("ann", role: .viewer, password: "correct horse", by: .hub)
        try await Self.setAhead(rig)
        for _ in 0..<rooms.people.locks.wrongGuesses {
            await #expect(throws: LoginError.wrong) {
                try await rooms.people.logIn("ann", password: "wrong", by: .hub)
            }
        }
        await #expect(throws: LoginError.locked(seconds: 60)) {
            try await rooms.people.logIn("ann", password: "correct horse", by: .hub)
        }
        try await Self.setAhead(rig)
        await #expect(throws: LoginError.locked(seconds: 60), "a clock that is set forward opens no lock") {
            try await rooms.people.logIn("ann", password: "correct horse", by: .hub)
        }
        rig.clock.jump(by: -3 * Self.year)
        rig.clock.advance(by: 60)
        _ = try await rooms.people.logIn("ann", password: "correct horse", by: .hub)
    }

    @Test func lockOfASecret_IsNeverLongerThanALock() async throws {
        let (rig, rooms) = try await Self.rig()
        try await rig.addSecret("123456", for: "d1", life: 2 * Self.year)
        let secret = try #require(try rig.secret(of: "d1").secret)
        try await Self.setAhead(rig)
        for _ in 0..<rooms.secrets.locks.wrongGuesses {
            try await rooms.secrets.countWrongGuess(
                at: secret, by: Requester(name: "anonymous", address: "192.0.2.1"))
        }
        let locked = try rig.secret(of: "d1", from: "192.0.2.1").gates.plain
        #expect(locked != .open)
        try await Self.setRight(rig)
        if case .backOff(let seconds) = try rig.secret(of: "d1", from: "192.0.2.1").gates.plain {
            #expect(seconds <= rooms.secrets.locks.longestLockSeconds)
        }
        rig.clock.advance(by: rooms.secrets.locks.longestLockSeconds)
        #expect(try rig.secret(of: "d1", from: "192.0.2.1").gates.plain == .open)
    }

    @Test func pairingWindow_IsClosedForGood() async throws {
        let (rig, rooms) = try await Self.rig()
        try await Self.setAhead(rig, by: 3600)
        _ = try await rooms.devices.openPairing(NewPairingWindow(minutes: 10), by: .hub)
        rig.clock.jump(by: -30)
        #expect(try await rooms.devices.pairingWindow() != nil, "half a minute is nothing")
        rig.clock.jump(by: -3570)
        #expect(try await rooms.devices.pairingWindow() == nil)
        _ = try await rooms.journal.lookAtClock()
        rig.clock.advance(by: 3600)
        #expect(try await rooms.devices.pairingWindow() == nil, "it does not open again when its time comes")
        let actions = try await rooms.journal.auditEvents(before: nil, subject: "window", limit: 1).map(\.action)
        #expect(actions == ["pairing.close"])
    }

    @Test func trail_GoesByNumberNotByTime() async throws {
        let (rig, rooms) = try await Self.rig()
        for jump in [Self.year, -2 * Self.year, Self.year] {
            try await rooms.journal.audit("test.event", "x", by: .hub)
            rig.clock.jump(by: jump)
        }
        let events = try await rooms.journal.auditEvents(before: nil, subject: "x", limit: 10)
        #expect(events.map(\.sequence) == events.map(\.sequence).sorted(by: >) && events.count == 3)
        guard case .intact = try await rooms.journal.verifyAudit() else {
            Issue.record("broken")
            return
        }
    }
}
