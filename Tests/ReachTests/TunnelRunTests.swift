internal import Journal
internal import Reach
import Testing

@Suite struct TunnelRunTests {
    private static func note(_ rig: ReachRig, _ action: String, _ number: Int) async throws {
        try await rig.rooms.journal.audit(action, "d1", by: .hub, detail: ["tunnel": "\(number)", "role": "client"])
    }

    @Test func numbersGoOn_AfterAnEndInOrder() async throws {
        let rig = try await ReachRig()
        #expect(try await rig.rooms.reach.beginTunnelRun() == 1)
        try await Self.note(rig, "tunnel.open", 7)
        try await rig.rooms.reach.endTunnelRun(highest: 7)
        #expect(try await rig.rooms.reach.beginTunnelRun() == 8)
        try await rig.rooms.reach.endTunnelRun(highest: 0)
        #expect(try await rig.rooms.reach.beginTunnelRun() == 8)
        #expect(try await rig.rooms.journal.auditPage(AuditQuery(action: "tunnel.lost", limit: 9)).events.isEmpty)
    }

    @Test func killedHub_IsToldAboutOnce_AndItsNumbersAreNotUsedAgain() async throws {
        let rig = try await ReachRig()
        #expect(try await rig.rooms.reach.beginTunnelRun() == 1)
        for number in 1...40 { try await Self.note(rig, number == 1 ? "tunnel.register" : "tunnel.open", number) }
        for number in 3...5 { try await Self.note(rig, "tunnel.close", number) }
        #expect(try await rig.rooms.reach.beginTunnelRun() == 41)
        let lost = try await rig.rooms.journal.auditPage(AuditQuery(action: "tunnel.lost", limit: 9)).events
        #expect(lost.count == 1 && lost.first?.subject == "tunnels")
        let detail = try #require(lost.first?.detail)
        #expect(detail.contains(#""count":"37""#) && detail.contains(#""tunnels":"1 2 6 7"#))
        #expect(try await rig.rooms.reach.beginTunnelRun() == 41)
        #expect(try await rig.rooms.journal.auditPage(AuditQuery(action: "tunnel.lost", limit: 9)).events.count == 1)
    }

    @Test func trailOfAnEarlierRelease_GivesTheFirstNumber() async throws {
        let rig = try await ReachRig()
        try await Self.note(rig, "tunnel.open", 12)
        #expect(try await rig.rooms.reach.beginTunnelRun() == 13)
        #expect(try await rig.rooms.journal.auditPage(AuditQuery(action: "tunnel.lost", limit: 9)).events.isEmpty)
    }
}
