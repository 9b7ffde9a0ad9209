internal import Devices
import Issuing
internal import IssuingTestSupport
internal import Journal
internal import JournalTestSupport
import PKI
internal import Reach
internal import Rooms
internal import Secrets
internal import SecretsTestSupport
import Testing
internal import Wire

/// What a clock that was ahead has written about devices and their rights (docs/time.md).
@Suite struct KeptTimesTests {
    private static let year: Int64 = 365 * 86_400

    private static func rig() async throws -> (rig: IssuingRig, rooms: Rooms) {
        let rig = try await IssuingRig(clock: ManualClock(at: 1_900_000_000))
        return (rig, rig.rooms)
    }

    private static func setAhead(_ rig: IssuingRig, by seconds: Int64 = year) async throws {
        rig.clock.jump(by: seconds)
        _ = try await rig.rooms.journal.lookAtClock()
    }

    private static func setRight(_ rig: IssuingRig, by seconds: Int64 = year) async throws {
        rig.clock.jump(by: -seconds)
        _ = try await rig.rooms.journal.lookAtClock()
    }

    private static func token(_ rig: IssuingRig, life: Int64 = 3600) async throws -> (TunnelToken, String) {
        try await rig.addSecret("s", for: "d1")
        #expect(try await TestDevice("d1", secret: "s").enrol(at: rig).status == .approved)
        return try await rig.rooms.reach.issueTunnelToken(
            for: "d1", user: "ann", scope: [.rendezvous], life: life, by: .hub)
    }

    @Test func tunnelToken_LastsItsTimeFromTheMomentTheClockIsRight() async throws {
        let (rig, rooms) = try await Self.rig()
        try await Self.setAhead(rig)
        let text = try await Self.token(rig).1
        try await Self.setRight(rig)
        await #expect(rooms.reach.tunnels.token(text)?.expiresAt == rig.clock.now + 3600)
        rig.clock.advance(by: 3600)
        await #expect(rooms.reach.tunnels.token(text) == nil)
        try await rooms.reach.removeEndedTunnelTokens()
        rig.clock.advance(by: Self.year - 3600 + 10)
        await #expect(rooms.reach.tunnels.token(text) == nil, "nor in a year")
    }

    @Test func tokenOfARevokedDevice_IsRefusedWhicheverClockWasWrong() async throws {
        for jump in [-Self.year, 0, Self.year] {
            let (rig, rooms) = try await Self.rig()
            let text = try await Self.token(rig, life: 30 * 86_400).1
            rig.clock.jump(by: jump)
            try await rig.issuer.revoke(deviceID: "d1", reason: .keyCompromise, by: .hub)
            rig.clock.jump(by: -jump)
            await #expect(rooms.reach.tunnels.token(text) == nil)
            // A device that comes back gets tokens that count, whatever the clock was when it went.
            let secret = NewSecret(deviceID: "d1", value: Array("t".utf8), validUntil: rig.clock.now + 3600)
            try await rooms.devices.approve("d1", secret: secret, by: .hub)
            #expect(try await TestDevice("d1", secret: "t").enrol(at: rig).status == .approved)
            let next = try await rooms.reach.issueTunnelToken(
                for: "d1", user: "ann", scope: [.rendezvous], life: 3600, by: .hub)
            await #expect(rooms.reach.tunnels.token(next.text) != nil)
            await #expect(rooms.reach.tunnels.token(text) == nil)
        }
    }

    @Test func revokedToken_StaysRevokedAfterAClockThatWasAhead() async throws {
        let (rig, rooms) = try await Self.rig()
        let (token, text) = try await Self.token(rig)
        try await rig.issuer.revokeTunnelToken(token.id, by: .hub)
        try await Self.setAhead(rig)
        let other = try await rooms.reach.issueTunnelToken(
            for: "d1", user: "ann", scope: [.rendezvous], life: 60, by: .hub
        ).token
        try await rig.issuer.revokeTunnelToken(other.id, by: .hub)
        try await rooms.reach.removeEndedTunnelTokens()
        rig.clock.jump(by: -Self.year)
        await #expect(rooms.reach.tunnels.token(text) == nil)
    }

    @Test func waitingDevicesAndSecrets_SurviveAClockThatJumpsForward() async throws {
        let (rig, rooms) = try await Self.rig()
        try await rig.addSecret("s", for: "d1", life: 86_400)
        _ = try await TestDevice("d2", secret: "").enrol(at: rig)
        try await Self.setAhead(rig)
        _ = try await rooms.journal.lookAtClock()
        try await rooms.secrets.removeExpiredSecrets()
        try await rooms.devices.removeForgottenPending()
        try await Self.setRight(rig)
        #expect(try await TestDevice("d1", secret: "s").enrol(at: rig).status == .approved)
        #expect(try await rooms.devices.device("d2").state == .pending)
    }

    @Test func sightingOfTheFuture_DoesNotHoldTheRecordForAYear() async throws {
        let (rig, rooms) = try await Self.rig()
        try await Self.setAhead(rig)
        _ = try await TestDevice("d1", secret: "").enrol(at: rig)
        try await Self.setRight(rig)
        #expect(try await rooms.devices.device("d1").lastSeen == rig.clock.now)
        rig.clock.advance(by: 2 * 86_400)
        try await rooms.devices.removeForgottenPending()
        await #expect(throws: DevicesError.unknownDevice("d1")) { try await rooms.devices.device("d1") }
    }
}
