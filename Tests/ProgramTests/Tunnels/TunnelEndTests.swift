import AdminAPI
import Foundation
internal import Glibc
import Testing

/// What ends tunnels, and who comes back. Each test has a hub of its own.
@Suite(.timeLimit(.minutes(10))) struct TunnelEndTests {
    private let site: TunnelSite
    private var hub: ProgramHub { site.hub }

    init() throws {
        site = TunnelSite(hub: try ProgramHub())
    }

    /// Waits until an agent has come up so often.
    private func wait(for agent: RunningProgram, times: Int) async throws {
        try await agent.wait { $0.components(separatedBy: "tunnel up").count > times }
    }

    @Test func drain_AndANewCertificateOfTheHub_MoveAgents() async throws {
        try await hub.start(TunnelSite.options())
        try await site.provision("lamp-1")
        let agent = try await site.agent("lamp-1", ports: 22)
        try await hub.hubctl("tunnel", "drain").succeeded()
        try await wait(for: agent, times: 2)
        // The hub makes itself another certificate when it finds none.
        try FileManager.default.removeItem(atPath: hub.path("state/ca/server.crt"))
        try await wait(for: agent, times: 3)
        #expect(hub.log.contains("tunnels move to the hub's new certificate"))
    }

    @Test func restartAndDeath_AreOutlivedByAgentsWatchersAndNumbers() async throws {
        try await hub.start(TunnelSite.options())
        try await site.provision("lamp-1")
        let agent = try await site.agent("lamp-1", ports: 22)
        let watcher = try hub.running("tunnel", "watch", "--json")
        try await site.wait(for: watcher) { $0.change == "open" }
        let first = try #require(try await site.tunnels().map(\.id).max())

        // The proxy comes up elsewhere, the second time where it was.
        let https = ["--listen-https", "127.0.0.1:\(try hub.port())"]
        #expect(try await hub.stop() == 0, "with a tunnel open")
        try await watcher.wait { $0.contains("no hub answers") }
        try await hub.start(TunnelSite.options() + https)
        try await wait(for: agent, times: 2)
        try await watcher.wait { $0.contains("the hub is back") }
        #expect(watcher.errors.value.text.components(separatedBy: "no hub answers").count == 2, "said once")
        let second = try #require(try await site.tunnels().map(\.id).max())
        #expect(second > first)

        try await hub.stop(SIGKILL)
        try await hub.start(TunnelSite.options(proxy: "127.0.0.1:\(try hub.port("proxyTCP"))") + https)
        let lost = try await hub.hubctl("audit", "list", "--action", "tunnel.lost", "--json").succeeded()
            .json(as: [AdminAuditEvent].self)
        #expect(lost.count == 1 && lost.first?.detail["tunnels"]?.contains("\(second)") == true)
        try await site.wait(for: watcher) { $0.change == "lost" }
        try await wait(for: agent, times: 3)
        #expect(try #require(try await site.tunnels().map(\.id).max()) > second)
    }

    @Test func revokedDevice_LosesItsTunnel_AndItsAgentSaysWhy() async throws {
        try await hub.start(TunnelSite.options())
        try await site.provision("lamp-1")
        let agent = try await site.agent("lamp-1", ports: 22)
        try await hub.hubctl("cert", "revoke", "--device", "lamp-1").succeeded()
        try await agent.wait { $0.contains("tunnel down: the hub refuses this certificate") }
        #expect(try await site.tunnels().isEmpty)
        try await hub.hubctl("tunnel", "token", "lamp-1").expectRefusal("holds no certificate")
    }
}
