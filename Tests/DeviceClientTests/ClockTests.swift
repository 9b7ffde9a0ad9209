internal import Encoding
import Files
import HostilePeer
import PKI
import Testing

@testable import DeviceClient

/// Devices whose clock, or whose hub's clock, is wrong by years (docs/time.md).
@Suite(.timeLimit(.minutes(2))) struct ClockTests {
    private static let year: Int64 = 31_557_600
    private static let now = ScriptedHub.now

    /// Honest, and says what time it is.
    private static func hub(
        authority: TestAuthority? = nil, at time: Int64 = now, identity: PeerIdentity? = nil
    ) throws -> ScriptedHub {
        try ScriptedHub(authority: authority, identity: identity) { _, number in
            .issue(
                secret: number == 0 && authority == nil ? ScriptedHub.secret : "", notBefore: time - 60,
                notAfter: time + 86_400, date: HTTPDate.text(time))
        }
    }

    @Test(arguments: [6, -6, -55])
    func clockThatIsWrong_ProvisionsRenewsAndRenewsAfterRestarts(_ years: Int64) async throws {
        let folder = TemporaryFolder()
        let path = folder.path
        let clock = ManualClock(Self.now + years * Self.year)
        let hub = try Self.hub()
        _ = try await hub.run { address async throws in
            try await Device.test(path, hubs: [address], clock: clock).provision(secret: ScriptedHub.secret)
        }
        try await hub.run(mutual: true) { address async throws in
            for _ in 0..<3 {
                let device = try Device.test(path, hubs: [address], clock: clock)
                #expect(try await abs(device.status().believedTime - Self.now) < 60)
                try await device.renew()
                clock.advance(.seconds(1))
            }
        }
        #expect(hub.requests.count == 4 && hub.reports.isEmpty)
    }

    @Test(arguments: [6, -6]) func clockThatJumps_IsSetRightByTheNextRenewal(_ years: Int64) async throws {
        let folder = TemporaryFolder()
        let path = folder.path
        let clock = ManualClock(Self.now)
        let hub = try Self.hub()
        _ = try await hub.run { address async throws in
            try await Device.test(path, hubs: [address], clock: clock).provision(secret: ScriptedHub.secret)
        }
        let jumped = ManualClock(Self.now + years * Self.year)
        try await hub.run(mutual: true) { address async throws in
            let device = try Device.test(path, hubs: [address], clock: jumped)
            try await device.renew()
            #expect(try await abs(device.status().believedTime - Self.now) < 60)
            // It is set right: it counts at once, and for good.
            let right = ManualClock(Self.now + 100)
            let later = try Device.test(path, hubs: [address], clock: right)
            #expect(try await later.status().believedTime == right.now)
            try await later.renew()
        }
        #expect(hub.reports.isEmpty)
    }

    @Test func hubThatWasAheadAndIsSetRight_IsFollowedByADeviceWithoutClock() async throws {
        let folder = TemporaryFolder()
        let path = folder.path
        let authority = try TestAuthority(now: Self.now)
        let ahead = Self.now + Self.year
        let clock = ManualClock(100)
        let early = try ScriptedHub(
            authority: authority, identity: authority.server(notBefore: ahead - 60, notAfter: ahead + 86_400)
        ) { _, _ in
            .issue(
                secret: ScriptedHub.secret, notBefore: ahead - 60, notAfter: ahead + 86_400,
                date: HTTPDate.text(ahead))
        }
        _ = try await early.run { address async throws in
            try await Device.test(path, hubs: [address], clock: clock).provision(secret: ScriptedHub.secret)
        }
        let right = try Self.hub(authority: authority)
        // The scripted hub would not take a certificate that begins in a year; a real one does, for the renewal.
        try await right.run { address async throws in
            let device = try Device.test(path, hubs: [address], clock: clock)
            #expect(try await abs(device.status().believedTime - ahead) < 60)
            try await device.renew()
            #expect(try await abs(device.status().believedTime - Self.now) < 60)
        }
    }

    @Test func hubThatIsBehind_IsAClockProblem_AndMovesNoClockThatIsRight() async throws {
        let folder = TemporaryFolder()
        let path = folder.path
        let authority = try TestAuthority(now: Self.now - 2 * Self.year)
        let right = try ScriptedHub(
            authority: authority, identity: authority.server(notBefore: Self.now - 60, notAfter: Self.now + 86_400)
        ) { _, _ in
            .issue(
                secret: ScriptedHub.secret, notBefore: Self.now - 60, notAfter: Self.now + 86_400,
                date: HTTPDate.text(Self.now))
        }
        let clock = ManualClock(Self.now)
        _ = try await right.run { address async throws in
            try await Device.test(path, hubs: [address], clock: clock).provision(secret: ScriptedHub.secret)
        }
        let before = try SecureFile.read(path + "/device.crt")
        let behind = Self.now - Self.year
        let wrong = try Self.hub(
            authority: authority, at: behind,
            identity: authority.server(notBefore: behind - 60, notAfter: behind + 86_400))
        try await wrong.run(mutual: true) { address async throws in
            let device = try Device.test(path, hubs: [address], clock: clock)
            let error = await #expect(throws: DeviceError.self) { try await device.renew() }
            guard case .clock(_, now: Self.now, validity: (behind - 60)..<(behind + 86_400)) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(try await device.status().believedTime == Self.now)
            await #expect(throws: DeviceError.self) { try await device.renew() }
        }
        #expect(try SecureFile.read(path + "/device.crt") == before && wrong.reports.isEmpty)
    }

    @Test func stolenKeyOfOldTimes_ProvesNothingWithACertificateTheDeviceHasHad() async throws {
        let folder = TemporaryFolder()
        let path = folder.path
        let clock = ManualClock(Self.now)
        let hub = try Self.hub()
        _ = try await hub.run { address async throws in
            try await Device.test(path, hubs: [address], clock: clock).provision(secret: ScriptedHub.secret)
        }
        let shown = try Certificate(pem: try SecureFile.read(path + "/device.crt"))
        try await hub.run(mutual: true) { address async throws in
            _ = try await Device.test(path, hubs: [address], clock: clock).renew()
        }
        let held = try SecureFile.read(path + "/device.crt")
        // Two days later the key of the server, and with it its certificate, are in wrong hands.
        clock.advance(.seconds(2 * 86_400))
        let authority = hub.authority
        let thief = try ScriptedHub(authority: authority, identity: hub.identity) { _, _ in
            .raw { peer in
                try await peer.answer(
                    headers: ["Date: \(HTTPDate.text(Self.now))"], ScriptedHub.signed(shown, authority, ""))
            }
        }
        try await thief.run { address async throws in
            let device = try Device.test(path, hubs: [address], clock: clock)
            let believed = try await device.status().believedTime
            let error = await #expect(throws: DeviceError.self) { try await device.renew() }
            guard case .clock = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(try await device.status().believedTime == believed)
        }
        #expect(try SecureFile.read(path + "/device.crt") == held)
    }

    @Test func state_KeepsTheCorrectionAndTheSerials() throws {
        var state = DeviceState()
        state.correction = TimeKeeper.Correction(ceiling: 2_000_000, excess: 1_000_000)
        for number in 0..<40 { state.note(["\(number)"]) }
        state.note(["39", "40"])
        let read = try DeviceState(parsing: state.encoded())
        #expect(read == state && read.serials.count == 32 && read.serials.last == "40")
        let old = try DeviceState(parsing: Array(#"{"deviceID":"d","hubTime":5,"services":{}}"#.utf8))
        #expect(old.correction == nil && old.serials.isEmpty && old.hubTime == 5)
        let broken = try DeviceState(parsing: Array(#"{"clockCeiling":1,"clockExcess":-5,"serials":7}"#.utf8))
        #expect(broken.correction == nil && broken.serials.isEmpty)
    }

    @Test func correction_EndsWhenTheClockIsSet_AndDoesNotComeBackLater() {
        let clock = ManualClock(5_000_000)
        let time = TimeKeeper { clock.now }
        #expect(time.learn(notBefore: 1_000_000, notAfter: 2_000_000, hubTime: 1_000_060) == -3_999_940)
        let set = ManualClock(1_500_000)
        let later = TimeKeeper { set.now }
        later.remember(1_000_060, time.correction)
        #expect(later.now == 1_500_000)
        set.advance(.seconds(1_000_000))
        #expect(later.now == 2_500_000, "past the end of the certificate it was learned from")
    }

    @Test func certificateOfTheFuture_IsDueAtOnce() {
        let schedule = RenewalSchedule(notBefore: 1_000_000, notAfter: 2_000_000, chance: 0)
        #expect(schedule.waitSeconds(now: 500_000) == 0)
        #expect(schedule.waitSeconds(now: 1_000_000) == 500_000)
        #expect(schedule.waitSeconds(now: 1_600_000) == -100_000)
    }
}
