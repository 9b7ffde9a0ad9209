import AdminAPI
import Foundation
internal import Glibc
import Testing
import Transport

/// Tunnels from the operator's side: a port of a device behind the hub, tokens, lists. Each test has a device of its
/// own.
@Suite(.hub(options: TunnelSite.options()), .timeLimit(.minutes(10))) struct TunnelCommandTests {
    private let site: TunnelSite
    private var hub: ProgramHub { site.hub }

    init() throws {
        site = TunnelSite(hub: try .current)
    }

    @Test func file_ComesUnaltered_AlsoSixTimesAtOnce_AndWatchersSeeEach() async throws {
        var random = SystemRandomNumberGenerator()
        let file = (0..<1_000_000).map { _ in UInt8.random(in: 0...255, using: &random) }
        try await site.provision("files-1")
        try await TunnelSite.serving(file) { port in
            let agent = try await site.agent("files-1", ports: port)
            let server = try #require(try await site.tunnels().first { $0.device == "files-1" })
            #expect(server.role == "server" && server.user == "iotdevice files-1")
            let watcher = try hub.running("tunnel", "watch", "--json")
            try await site.wait(for: watcher) { $0.change == "open" && $0.role == "server" && $0.device == "files-1" }

            let opening = try await site.open("files-1", port)
            #expect(opening.place.isEncrypted)
            #expect(try await TunnelSite.fetch(opening.place.port) == file)
            try await withThrowingTaskGroup(of: Bool.self) { group in
                for _ in 1...6 { group.addTask { try await TunnelSite.fetch(opening.place.port) == file } }
                for try await isSame in group { #expect(isSame) }
            }
            try await agent.wait { $0.contains("tunnel client 1: hubctl from 127.0.0.1") }
            try await watcher.wait(in: watcher.output) { text in
                TunnelSite.lines(text).count {
                    $0.change == "closed" && $0.role == "client" && $0.device == "files-1"
                        && ($0.bytesOut ?? 0) > file.count
                } == 7
            }
        }
        let events = try await hub.hubctl("audit", "list", "--action", "tunnel.open", "--since", "1h", "--json")
            .succeeded().json(as: [AdminAuditEvent].self).filter { $0.subject == "files-1" }
        #expect(events.count(where: { $0.detail["role"] == "client" }) == 7)
        #expect(events.allSatisfy { ($0.detail["tunnel"].flatMap(UInt64.init) ?? 0) > 0 })
        let sums = try await hub.hubctl("tunnel", "monitor", "--json").succeeded().json(as: AdminTunnels.self)
        #expect(sums.totalTunnels >= 7 && sums.totalBytes > 7 * file.count)
    }

    @Test func auditList_TakesASpan() async throws {
        let none = try await hub.hubctl("audit", "list", "--action", "tunnel", "--since", "2100-01-01", "--json")
        #expect(try none.succeeded().json(as: [AdminAuditEvent].self).isEmpty)
        #expect(try await hub.hubctl("audit", "list", "--since", "soon").code != 0)
    }

    @Test func secondAgentOfAFolder_TakesThePlaceOfTheFirst_WhichComesBack() async throws {
        try await site.provision("copies-1")
        try FileManager.default.copyItem(atPath: hub.path("copies-1"), toPath: hub.path("copies-2"))
        let first = try await site.agent("copies-1", ports: 22)
        let second = try await site.agent("copies-2", ports: 22)
        try await first.wait { $0.contains("tunnel down") }
        second.signal(SIGTERM)
        _ = try await second.end()
        try await first.wait { $0.components(separatedBy: "tunnel up").count > 2 }
    }

    @Test func agentWithoutACertificate_NamesTheFolder() async throws {
        let agent = try RunningProgram(
            Program.agent.path, ["run", "--state", hub.path("none"), "--tunnel-ports", "22"])
        try await agent.wait { $0.contains("no certificate in " + hub.path("none")) }
    }

    @Test func right_GoesWithTheCommand_AndTheCommandWithTheRight() async throws {
        try await site.provision("rights-1")
        try await TunnelSite.serving(Array("hello".utf8)) { port in
            let agent = try await site.agent("rights-1", ports: port)
            let first = try await site.open("rights-1", port)
            #expect(try await site.rights(of: "rights-1").count == 1)
            first.program.signal(SIGTERM)
            #expect(try await first.program.end().code == 0)
            #expect(try await site.rights(of: "rights-1").isEmpty)
            let certificates = try await hub.hubctl("cert", "list", "--json").succeeded()
                .json(as: [AdminCertificateView].self)
            #expect(certificates.contains { $0.ou == "client" && $0.revokedAt != nil })

            let second = try await site.open("rights-1", port)
            for id in try await site.rights(of: "rights-1") {
                try await hub.hubctl("tunnel", "revoke", id).succeeded()
            }
            await #expect(throws: TransportError.self) { try await TunnelSite.fetch(second.place.port) }
            let ended = try await second.program.end()
            #expect(ended.code == 1 && ended.says("can't be renewed: no valid tunnel token"), "\(ended)")

            let wide = try await site.open("rights-1", port, "--bind", "0.0.0.0")
            #expect(wide.program.said.contains("anyone on the network"))
            wide.program.signal(SIGTERM)
            #expect(try await wide.program.end().code == 0)
            #expect(agent.isRunning)
        }
    }

    @Test func portThatIsNotOffered_IsRefusedByTheDevice() async throws {
        try await site.provision("ports-1")
        let agent = try await site.agent("ports-1", ports: 22)
        let opening = try await site.open("ports-1", 9)
        await #expect(throws: TransportError.self) { try await TunnelSite.fetch(opening.place.port) }
        try await opening.program.wait { $0.contains("the device does not allow port 9") }
        #expect(agent.isRunning)
    }

    @Test func whatLeadsNowhere_IsRefusedInOneLine() async throws {
        for command in [["open", "nobody", "22"], ["list", "--device", "nobody"], ["token", "nobody"]] {
            let result = try await Program.run(
                Program.hubctl.path, ["tunnel"] + command, environment: ["HUB_SOCKET": hub.socket])
            result.expectRefusal("no device nobody")
        }
        try await site.provision("silent-1")
        try await hub.hubctl("tunnel", "open", "silent-1", "22").expectRefusal("is not connected")
        try await hub.hubctl("tunnel", "token", "silent-1", "--minutes", "0").expectRefusal("1 minute to 30 days")
        try await hub.hubctl("tunnel", "open", "silent-1", "22", "--plain").expectWrongUsage()
        try await hub.hubctl("tunnel", "open", "silent-1").expectWrongUsage()
    }

    @Test func token_IsShownOnce() async throws {
        try await site.provision("tokens-1")
        let made = try await hub.hubctl(
            "tunnel", "token", "tokens-1", "--minutes", "5", "--user", "ann", "--json"
        ).succeeded().json(as: AdminTunnelToken.self)
        let token = try #require(made.token)
        #expect(token.hasPrefix("lkt1."))
        let listed = try await hub.hubctl("tunnel", "tokens", "--device", "tokens-1", "--json").succeeded()
            .json(as: [AdminTunnelToken].self)
        #expect(listed.map(\.id) == [made.id] && listed.map(\.user) == ["ann"] && listed.allSatisfy { $0.token == nil })
        try await hub.hubctl("tunnel", "revoke", made.id).succeeded()
        #expect(try await hub.hubctl("tunnel", "tokens", "--device", "tokens-1").succeeded().output == "no tokens\n")
        #expect(!hub.log.contains("lkt1."))
    }
}
