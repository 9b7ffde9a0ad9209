internal import Devices
internal import Journal
internal import JournalTestSupport
import PKI
internal import Reach
import Testing
import Wire

/// Which tokens let in, whatever was taken back and whatever the clock said.
@Suite struct TunnelAccessTests {
    private static let day: Int64 = 86_400

    private static func site() async throws -> ReachRig {
        let rig = try await ReachRig(clock: ManualClock(at: 1_900_000_000))
        for id in ["lamp", "door", "SK-1", "S\u{212A}-1"] { try await rig.put(id) }
        return rig
    }

    private static func jump(_ rig: ReachRig, by seconds: Int64) async throws {
        rig.clock.jump(by: seconds)
        _ = try await rig.base.journal.lookAtClock()
    }

    @Test(arguments: [DeviceState.revoked, .rejected, .removed])
    func deviceThatIsShutOut_LosesItsTokens_AndNobodyElseDoes(_ state: DeviceState) async throws {
        let rig = try await Self.site()
        let (own, other) = (try await rig.issue("SK-1").text, try await rig.issue("S\u{212A}-1").text)
        let fetched = try await rig.fetch("SK-1").text
        try await rig.end("SK-1", as: state)
        for text in [own, fetched] { #expect(await !rig.counts(text)) }
        #expect(await rig.counts(other))
        #expect(try await rig.reach.tunnelTokens(of: nil, limit: 9).count == 1)
        // Admitted again, it needs new ones.
        try await rig.put("SK-1")
        #expect(await !rig.counts(own))
        let next = try await rig.issue("SK-1")
        #expect(await rig.access.token(next.text) == next.token)
    }

    @Test func transactionThatFails_TakesNoTokenBack() async throws {
        struct Refused: Error {}
        let rig = try await Self.site()
        let (token, text) = try await rig.issue()
        rig.rooms.devices.endWork.add { _, _ in throw Refused() }
        await #expect(throws: Refused.self) { try await rig.end("lamp", as: .revoked) }
        #expect(await rig.counts(text))
        #expect(try await rig.reach.tunnelTokens(of: "lamp", limit: 9) == [token])
    }

    /// A token that was made while the clock was a year ahead lasts as long as it was meant to, from the correction.
    @Test func tokenOfAClockThatWasAhead_LastsItsLife_FromTheCorrection() async throws {
        let rig = try await Self.site()
        try await Self.jump(rig, by: 365 * Self.day)
        let text = try await rig.issue(life: 3600).text
        #expect(await rig.counts(text))
        try await Self.jump(rig, by: -365 * Self.day)
        #expect(await rig.access.token(text)?.expiresAt == rig.clock.now + 3600, "the store knows the end")
        rig.clock.advance(by: 3599)
        #expect(await rig.counts(text))
        rig.clock.advance(by: 1)
        #expect(await !rig.counts(text))
        try await Self.jump(rig, by: 365 * Self.day)
        #expect(await !rig.counts(text), "it does not come to life in a year")
    }

    @Test func tokenFromBeforeTheJump_CountsToItsEnd() async throws {
        let rig = try await Self.site()
        let text = try await rig.issue(life: 3600).text
        rig.clock.advance(by: 1800)
        try await Self.jump(rig, by: 365 * Self.day)
        #expect(await !rig.counts(text))
        try await Self.jump(rig, by: -365 * Self.day)
        rig.clock.advance(by: 1799)
        #expect(await rig.counts(text))
        rig.clock.advance(by: 1)
        #expect(await !rig.counts(text))
    }

    /// Revoked ones are remembered by a time that no jump moves.
    @Test func jumpAhead_ForgetsNoRevocation() async throws {
        let rig = try await Self.site()
        let (token, text) = try await rig.issue(life: 30 * Self.day)
        try await rig.revoke(token.id)
        try await Self.jump(rig, by: 365 * Self.day)
        try await rig.reach.sweep()
        try await Self.jump(rig, by: -365 * Self.day)
        #expect(await !rig.counts(text))
    }

    @Test func madeUUID_IsOfItsDeviceAlone() async throws {
        let rig = try await Self.site()
        let uuid = NameUUID.tunnel(of: "lamp")
        #expect(rig.access.mayServe("lamp", uuid: uuid) && !rig.access.mayServe("door", uuid: uuid))
        rig.access.serves("door", uuid: uuid)
        #expect(!rig.access.mayServe("door", uuid: uuid) && rig.access.mayServe("lamp", uuid: uuid))
        #expect(NameUUID.tunnel(of: "SK-1") != NameUUID.tunnel(of: "S\u{212A}-1"))
        for count in [0, 15, 17] { #expect(!rig.access.mayServe("lamp", uuid: [UInt8](repeating: 1, count: count))) }
    }

    @Test func chosenUUID_IsOfTheFirst_UntilItIsShutOut() async throws {
        let rig = try await Self.site()
        let uuid = [UInt8](repeating: 0x41, count: 16)
        rig.access.serves("SK-1", uuid: uuid)
        rig.access.servesNoMore("SK-1", uuid: uuid)
        #expect(rig.access.mayServe("SK-1", uuid: uuid))
        #expect(!rig.access.mayServe("S\u{212A}-1", uuid: uuid) && !rig.access.mayServe("door", uuid: uuid))
        try await rig.end("S\u{212A}-1", as: .revoked)
        #expect(!rig.access.mayServe("door", uuid: uuid), "it is not the one that is out")
        try await rig.end("SK-1", as: .revoked)
        #expect(rig.access.mayServe("door", uuid: uuid))
    }

    @Test func notesOfTunnels_AreWrittenTogether() async throws {
        let rig = try await Self.site()
        let requester = Requester(name: "user ann", address: "192.0.2.200")
        try await rig.reach.auditTunnels([
            TunnelNote("tunnel.open", "lamp", by: requester, detail: ["tunnel": "1", "role": "client"]),
            TunnelNote("tunnel.close", "lamp", by: requester, detail: ["tunnel": "1"]),
        ])
        let events = try await rig.events(of: "lamp")
        #expect(events.map(\.action) == ["tunnel.open", "tunnel.close"])
        #expect(events[0].requester == requester && events[0].detail == #"{"tunnel":"1","role":"client"}"#)
        try await rig.reach.auditTunnels([])
        #expect(try await rig.events(of: "lamp").count == 2)
    }
}
