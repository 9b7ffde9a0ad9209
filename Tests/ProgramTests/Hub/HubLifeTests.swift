import Foundation
internal import Glibc
import PKI
import Testing
import Transport

/// `hubd` from its first start on: what it makes, what it serves, signals, and what a restart keeps.
@Suite(.timeLimit(.minutes(5))) struct HubLifeTests {
    private let hub: ProgramHub

    init() throws {
        hub = try ProgramHub()
    }

    private func authority() throws -> Certificate {
        try Certificate(pem: hub.text("state/ca/ca.crt"))
    }

    @Test func firstStart_MakesAStateOfItsOwn_AndServes() async throws {
        try await hub.start()
        #expect(try hub.mode("state") == 0o700)
        for key in ["ca/ca.key", "ca/server.key", "ca/admin.key", "keys/store.key"] {
            #expect(try hub.mode("state/" + key) == 0o600, "\(key)")
        }
        #expect(try hub.mode("state/run/admin.sock") == 0o660)

        struct Directory: Decodable { var caCert: Data }
        let directory = try await hub.ask("/idprov/directory")
        #expect(directory.status == 200)
        let shown = String(decoding: try directory.json(as: Directory.self).caCert, as: UTF8.self)
        #expect(try Certificate(pem: shown).der == authority().der)
        for path in ["/healthz", "/readyz"] { #expect(try await hub.askLocally(path).status == 200, "\(path)") }
        let metrics = try await hub.askLocally("/metrics")
        #expect(metrics.text.split(separator: "\n").contains { $0.hasPrefix("latchkey_") })
        #expect(try await hub.stop() == 0)
    }

    @Test func reloads_AndEndsInOrder_WithEachSignal() async throws {
        let file = try hub.write("hub.yaml", "log:\n  level: info\n")
        try await hub.start(["--config", file])
        let first = try authority().fingerprint
        let program = try #require(hub.process)
        try hub.write("hub.yaml", "log:\n  level: debug\n")
        program.signal(SIGHUP)
        try await program.wait { $0.contains("configuration reloaded") }
        #expect(try await hub.ask("/idprov/directory").status == 200)
        #expect(program.isRunning)
        for signal in [SIGTERM, SIGINT] {
            #expect(try await hub.stop(signal) == 0)
            #expect(!hub.exists("state/run/addresses.json"))
            try await hub.start()
            #expect(try authority().fingerprint == first)
        }
    }

    @Test func killedHub_StartsOverItsLockAndSocket() async throws {
        try await hub.start()
        #expect(try await hub.stop(SIGKILL) == 128 + SIGKILL)
        #expect(hub.exists("state/run/admin.sock"))
        try await hub.start()
        #expect(try await hub.askLocally("/readyz").status == 200)
    }

    @Test func secondHub_IsRefused_ForItsStateAndForItsPort() async throws {
        try await hub.start()
        let sameState = try await Program.run(
            Program.hubd.path, ["--state", hub.state], environment: ProgramHub.environment)
        #expect(sameState.code == 1 && sameState.errors.contains("another hub"), "\(sameState)")
        // Whoever waits for the hub to be ready, as the announcement does, must not keep it from ending.
        let samePort = try await Program.run(
            Program.hubd.path,
            [
                "--state", hub.path("other"), "--listen-pki", "127.0.0.1:\(try hub.port("pki"))",
                "--discovery-enabled", "true",
            ], environment: ProgramHub.environment)
        #expect(
            samePort.code == 1 && samePort.errors.contains("listen.pki: the address is taken by another program"),
            "\(samePort)")
        #expect(try await hub.askLocally("/readyz").status == 200)
    }

    @Test func namesOfTheOperator_StandInTheCertificateOnce_AddressesAsSuch() async throws {
        try await hub.start(
            environment: ["HUB_SITE_HOST_NAMES": "Hub.Example.,hub.example,192.0.2.7,2001:db8::7"])
        let server = try Certificate(pem: hub.text("state/ca/server.crt"))
        #expect(server.dnsNames.filter { $0.lowercased().hasPrefix("hub.example") } == ["hub.example"])
        #expect(Set(server.addresses).isSuperset(of: ["192.0.2.7", "2001:db8::7"]))
    }
}
