import HubDaemon
import HubTestSupport
import Issuing
import PKI
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

    private static func hub() async throws -> (hub: TestHub, rooms: Rooms) {
        let hub = try await TestHub(clock: ManualClock(at: 1_900_000_000))
        return (hub, hub.hub.rooms)
    }

    private static func setAhead(_ hub: TestHub, by seconds: Int64 = year) async throws {
        hub.clock.jump(by: seconds)
        _ = try await hub.hub.rooms.journal.lookAtClock()
    }

    private static func setRight(_ hub: TestHub, by seconds: Int64 = year) async throws {
        hub.clock.jump(by: -seconds)
        _ = try await hub.hub.rooms.journal.lookAtClock()
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
        let (hub, rooms) = try await Self.hub()
        try await rooms.people.addUser("ann", role: .viewer, password: "correct horse", by: .hub)
        try await Self.setAhead(hub)
        let token = try await rooms.people.logIn("ann", password: "correct horse", by: .hub)
        try await Self.setRight(hub)
        #expect(try rooms.people.session(userToken: token) != nil)
        hub.clock.advance(by: People.loginSeconds)
        #expect(try rooms.people.session(userToken: token) == nil)
        hub.clock.advance(by: Self.year - People.loginSeconds + 10)
        #expect(try rooms.people.session(userToken: token) == nil, "nor in a year")
    }

    @Test func lockedLogin_OpensAfterItsTime_WhateverTheClockDoes() async throws {
        let (hub, rooms) = try await Self.hub()
        try await rooms.people.addUser("ann", role: .viewer, password: "correct horse", by: .hub)
        try await Self.setAhead(hub)
        for _ in 0..<LockLimits().wrongGuesses {
            await #expect(throws: LoginError.wrong) {
                try await rooms.people.logIn("ann", password: "wrong", by: .hub)
            }
        }
        await #expect(throws: LoginError.locked(seconds: 60)) {
            try await rooms.people.logIn("ann", password: "correct horse", by: .hub)
        }
        try await Self.setAhead(hub)
        await #expect(throws: LoginError.locked(seconds: 60), "a clock that is set forward opens no lock") {
            try await rooms.people.logIn("ann", password: "correct horse", by: .hub)
        }
        hub.clock.jump(by: -3 * Self.year)
        hub.clock.advance(by: 60)
        _ = try await rooms.people.logIn("ann", password: "correct horse", by: .hub)
    }

    @Test func lockOfASecret_IsNeverLongerThanALock() async throws {
        let (hub, rooms) = try await Self.hub()
        try await hub.addSecret("123456", for: "d1", life: 2 * Self.year)
        let secret = try #require(try hub.hub.issuer.claim("d1").secret)
        try await Self.setAhead(hub)
        for _ in 0..<LockLimits().wrongGuesses {
            try await rooms.secrets.countWrongGuess(
                at: secret, by: Requester(name: "anonymous", address: "192.0.2.1"))
        }
        let locked = try hub.hub.issuer.claim("d1", from: "192.0.2.1").gates.plain
        #expect(locked != .open)
        try await Self.setRight(hub)
        if case .backOff(let seconds) = try hub.hub.issuer.claim("d1", from: "192.0.2.1").gates.plain {
            #expect(seconds <= LockLimits().longestLockSeconds)
        }
        hub.clock.advance(by: LockLimits().longestLockSeconds)
        #expect(try hub.hub.issuer.claim("d1", from: "192.0.2.1").gates.plain == .open)
    }

    @Test func pairingWindow_IsClosedForGood() async throws {
        let (hub, rooms) = try await Self.hub()
        try await Self.setAhead(hub, by: 3600)
        _ = try await rooms.devices.openPairing(NewPairingWindow(minutes: 10), by: .hub)
        hub.clock.jump(by: -30)
        #expect(try await rooms.devices.pairingWindow() != nil, "half a minute is nothing")
        hub.clock.jump(by: -3570)
        #expect(try await rooms.devices.pairingWindow() == nil)
        _ = try await rooms.journal.lookAtClock()
        hub.clock.advance(by: 3600)
        #expect(try await rooms.devices.pairingWindow() == nil, "it does not open again when its time comes")
        let actions = try await rooms.journal.auditEvents(before: nil, subject: "window", limit: 1).map(\.action)
        #expect(actions == ["pairing.close"])
    }

    private static func token(_ hub: TestHub, life: Int64 = 3600) async throws -> (TunnelToken, String) {
        try await hub.addSecret("s", for: "d1")
        #expect(try await TestDevice("d1", secret: "s").provision(at: hub).status == .approved)
        return try await hub.hub.rooms.reach.issueTunnelToken(
            for: "d1", user: "ann", scope: [.rendezvous], life: life, by: .hub)
    }

    @Test func tunnelToken_LastsItsTimeFromTheMomentTheClockIsRight() async throws {
        let (hub, rooms) = try await Self.hub()
        try await Self.setAhead(hub)
        let text = try await Self.token(hub).1
        try await Self.setRight(hub)
        #expect(rooms.reach.tunnels.token(text)?.expiresAt == hub.clock.now + 3600)
        hub.clock.advance(by: 3600)
        #expect(rooms.reach.tunnels.token(text) == nil)
        try await rooms.reach.removeEndedTunnelTokens()
        hub.clock.advance(by: Self.year - 3600 + 10)
        #expect(rooms.reach.tunnels.token(text) == nil, "nor in a year")
    }

    @Test func tokenOfARevokedDevice_IsRefusedWhicheverClockWasWrong() async throws {
        for jump in [-Self.year, 0, Self.year] {
            let (hub, rooms) = try await Self.hub()
            let text = try await Self.token(hub, life: 30 * 86_400).1
            hub.clock.jump(by: jump)
            try await hub.hub.issuer.revoke(deviceID: "d1", reason: .keyCompromise, by: .hub)
            hub.clock.jump(by: -jump)
            #expect(rooms.reach.tunnels.token(text) == nil)
            // A device that comes back gets tokens that count, whatever the clock was when it went.
            let secret = NewSecret(deviceID: "d1", value: Array("t".utf8), validUntil: hub.clock.now + 3600)
            try await rooms.devices.approve("d1", secret: secret, by: .hub)
            #expect(try await TestDevice("d1", secret: "t").provision(at: hub).status == .approved)
            let next = try await rooms.reach.issueTunnelToken(
                for: "d1", user: "ann", scope: [.rendezvous], life: 3600, by: .hub)
            #expect(rooms.reach.tunnels.token(next.text) != nil && rooms.reach.tunnels.token(text) == nil)
        }
    }

    @Test func revokedToken_StaysRevokedAfterAClockThatWasAhead() async throws {
        let (hub, rooms) = try await Self.hub()
        let (token, text) = try await Self.token(hub)
        try await hub.hub.issuer.revokeTunnelToken(token.id, by: .hub)
        try await Self.setAhead(hub)
        let other = try await rooms.reach.issueTunnelToken(
            for: "d1", user: "ann", scope: [.rendezvous], life: 60, by: .hub
        ).token
        try await hub.hub.issuer.revokeTunnelToken(other.id, by: .hub)
        try await rooms.reach.removeEndedTunnelTokens()
        hub.clock.jump(by: -Self.year)
        #expect(rooms.reach.tunnels.token(text) == nil)
    }

    @Test func waitingDevicesAndSecrets_SurviveAClockThatJumpsForward() async throws {
        let (hub, rooms) = try await Self.hub()
        try await hub.addSecret("s", for: "d1", life: 86_400)
        _ = try await TestDevice("d2", secret: "").provision(at: hub)
        try await Self.setAhead(hub)
        _ = try await rooms.journal.lookAtClock()
        try await rooms.secrets.removeExpiredSecrets()
        try await rooms.devices.removeForgottenPending()
        try await Self.setRight(hub)
        #expect(try await TestDevice("d1", secret: "s").provision(at: hub).status == .approved)
        #expect(try await rooms.devices.device("d2").state == .pending)
    }

    @Test func sightingOfTheFuture_DoesNotHoldTheRecordForAYear() async throws {
        let (hub, rooms) = try await Self.hub()
        try await Self.setAhead(hub)
        _ = try await TestDevice("d1", secret: "").provision(at: hub)
        try await Self.setRight(hub)
        #expect(try await rooms.devices.device("d1").lastSeen == hub.clock.now)
        hub.clock.advance(by: 2 * 86_400)
        try await rooms.devices.removeForgottenPending()
        await #expect(throws: DevicesError.unknownDevice("d1")) { try await rooms.devices.device("d1") }
    }

    @Test func trail_GoesByNumberNotByTime() async throws {
        let (hub, rooms) = try await Self.hub()
        for jump in [Self.year, -2 * Self.year, Self.year] {
            try await rooms.journal.audit("test.event", "x", by: .hub)
            hub.clock.jump(by: jump)
        }
        let events = try await rooms.journal.auditEvents(before: nil, subject: "x", limit: 10)
        #expect(events.map(\.sequence) == events.map(\.sequence).sorted(by: >) && events.count == 3)
        guard case .intact = try await rooms.journal.verifyAudit() else {
            Issue.record("broken")
            return
        }
    }
}
