import HubDaemon
import HubTestSupport
import Registry
import Testing

@Suite struct TunnelRunTests {
    private static func note(_ registry: Registry, _ action: String, _ number: Int) async throws {
        try await registry.journal.audit(action, "d1", by: .hub, detail: ["tunnel": "\(number)", "role": "client"])
    }

    @Test func numbersGoOn_AfterAnEndInOrder() async throws {
        let registry = try await TestHub().hub.registry
        #expect(try await registry.reach.beginTunnelRun() == 1)
        try await Self.note(registry, "tunnel.open", 7)
        try await registry.reach.endTunnelRun(highest: 7)
        #expect(try await registry.reach.beginTunnelRun() == 8)
        try await registry.reach.endTunnelRun(highest: 0)
        #expect(try await registry.reach.beginTunnelRun() == 8)
        #expect(try await registry.journal.auditPage(AuditQuery(action: "tunnel.lost", limit: 9)).events.isEmpty)
    }

    @Test func killedHub_IsToldAboutOnce_AndItsNumbersAreNotUsedAgain() async throws {
        let registry = try await TestHub().hub.registry
        #expect(try await registry.reach.beginTunnelRun() == 1)
        for number in 1...40 { try await Self.note(registry, number == 1 ? "tunnel.register" : "tunnel.open", number) }
        for number in 3...5 { try await Self.note(registry, "tunnel.close", number) }
        #expect(try await registry.reach.beginTunnelRun() == 41)
        let lost = try await registry.journal.auditPage(AuditQuery(action: "tunnel.lost", limit: 9)).events
        #expect(lost.count == 1 && lost.first?.subject == "tunnels")
        let detail = try #require(lost.first?.detail)
        #expect(detail.contains(#""count":"37""#) && detail.contains(#""tunnels":"1 2 6 7"#))
        #expect(try await registry.reach.beginTunnelRun() == 41)
        #expect(try await registry.journal.auditPage(AuditQuery(action: "tunnel.lost", limit: 9)).events.count == 1)
    }

    @Test func trailOfAnEarlierRelease_GivesTheFirstNumber() async throws {
        let registry = try await TestHub().hub.registry
        try await Self.note(registry, "tunnel.open", 12)
        #expect(try await registry.reach.beginTunnelRun() == 13)
        #expect(try await registry.journal.auditPage(AuditQuery(action: "tunnel.lost", limit: 9)).events.isEmpty)
    }
}
