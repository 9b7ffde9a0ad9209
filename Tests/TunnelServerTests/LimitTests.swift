import HubHTTP
import Logging
import Testing
import TunnelServer

/// What listeners and counts allow, and times that run on while an end asks.
@Suite(.timeLimit(.minutes(3))) struct LimitTests {
    private static let hello = #"{"id":0,"method":"RemoteProxy.Hello"}"#

    @Test func connectionsInAll_AreBounded() async throws {
        try await TestServer.run(places: 2) { server in
            let first = try await server.tcp()
            let second = try await server.unix(.proxy)
            let third = try await server.unix()
            #expect(try await third.rest().isEmpty)
            for end in [first, second] {
                try await end.send(Self.hello)
                #expect(try await end.line().contains("my-proxy"))
            }
        }
    }

    @Test func connectionsToOneDevice_AreBounded() async throws {
        struct OneDevice: TunnelGate {
            func judge(_ request: TunnelAccessRequest, answer: @escaping @Sendable (TunnelVerdict) -> Void) {
                answer(.admitted(TunnelPass(realm: "r", userName: "u", deviceID: "d1")))
            }
        }
        try await TestServer.run(gate: OneDevice(), change: { $0.limits.perDevice = 1 }) { server in
            let device = try await ProxyTests.registered(server)
            let first = try await server.tcp(.proxy)
            try await first.send(ProxyTests.registerClient(1))
            #expect(try await first.line() == ProxyTests.ok)
            let second = try await server.tcp(.proxy)
            try await second.send(ProxyTests.registerClient(2))
            #expect(try await second.line().contains("TunnelProxyErrorInternalServerError"))
            #expect(try await second.rest().isEmpty)
            try await first.close()
            try await device.close()
        }
    }

    @Test(arguments: ["0.0.0.0", "192.0.2.1", "127.0.0.1.example"])
    func plainListener_OpensOnLoopbackOnly(host: String) async throws {
        let endpoint = TunnelEndpoint(name: "tunnelTCP", service: .rendezvous, address: .tcp(host: host, port: 0))
        let server = try await TunnelServer(
            [endpoint], gate: MockGate(), now: { 0 }, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            onBound: { _, _ in })
        await #expect(throws: TunnelServerError.plainNetwork("tunnelTCP")) { try await server.run() }
    }

    @Test func portInUse_IsNamed() async throws {
        try await TestServer.run { other in
            let address = ListenAddress.tcp(host: "127.0.0.1", port: other.port("tunnelTCP"))
            let server = try await TunnelServer(
                [TunnelEndpoint(name: "proxyTCP", service: .proxy, address: address)], gate: MockGate(), now: { 0 },
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, onBound: { _, _ in })
            do {
                try await server.run()
                Issue.record("two servers on one port")
            } catch TunnelServerError.cannotListen(let name, _) {
                #expect(name == "proxyTCP")
            }
        }
    }

    @Test func requests_KeepAConnectionAliveFourTimesAsLong() async throws {
        try await TestTime.run(change: { $0.inactiveTimeout = .seconds(8) }) { server, time in
            let end = try await server.tcp()
            var answers = 0
            // More often than the time of inactivity ends, and in all no longer than four times as long.
            while (try? await end.send(Self.hello + "\n")) != nil, try await end.line().contains("my-proxy") {
                answers += 1
                try await time.advance(.seconds(3))
            }
            #expect(answers == 11)
        }
    }

    @Test func registeredClient_MayBeSilent_AndRequestsDoNotKeepAnUnregisteredOneAlive() async throws {
        try await TestTime.run(change: { $0.inactiveTimeout = .seconds(8) }) { server, time in
            let device = try await ProxyTests.registered(server)
            let client = try await server.tcp(.proxy)
            try await client.send(ProxyTests.registerClient(1))
            #expect(try await client.line() == ProxyTests.ok)
            let idler = try await server.webSocket(.proxy)
            for _ in 0..<3 {
                try await idler.frame(Self.hello)
                #expect(try await idler.frame()?.text.contains("my-proxy") == true)
                try await time.advance(.seconds(3))
            }
            #expect(
                try await idler.frame()
                    == .close(1011, "Tunnelproxy client timeout occurred. The socket was inactive."))
            try await client.send("still here")
            try await ProxyTests.expect(device, 0, ProxyTests.connected(0, 1, 1))
            try await ProxyTests.expect(device, 1, "still here")
        }
    }
}
