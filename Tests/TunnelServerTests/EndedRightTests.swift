import HostilePeer
import HubHTTP
import Journal
import PKI
import Testing
import Wire

@testable import TunnelServer

/// Tunnels whose right is gone: both ends hear why before their connections close.
@Suite(.timeLimit(.minutes(3))) struct EndedRightTests {
    private static let revoked = TestEnd.Frame.close(1011, "The right to use this tunnel was revoked.")
    private static let expired = TestEnd.Frame.close(1011, "The right to use this tunnel has ended.")

    /// The first of a rendezvous is about device d1, with token 1, and the second about d2, with token 2.
    private struct Passes: TunnelGate {
        func judge(_ request: TunnelAccessRequest, answer: @escaping @Sendable (TunnelVerdict) -> Void) {
            let number = request.peer.certificate == nil ? "2" : "1"
            answer(
                .admitted(
                    TunnelPass(
                        realm: "r", userName: "u", deviceID: "d" + number, tokenID: number,
                        validUntil: number == "1" ? 4_000_000_000 : nil)))
        }
    }

    /// Two ends over WebSocket that met; the first showed the certificate of that serial.
    private static func pair(_ server: TestServer) async throws -> (first: TestEnd, second: TestEnd, serial: Serial) {
        let identity = try server.device("d1")
        let first = try await TestEnd.connect(
            port: server.port("tunnelWebSocket"), root: server.root, identity: identity)
        _ = try await first.upgrade()
        try await first.frame(RendezvousTests.authenticate("first", uuid: RendezvousTests.one))
        _ = try await first.frame()
        let second = try await server.webSocket()
        try await second.frame(RendezvousTests.authenticate("second", uuid: RendezvousTests.two))
        for _ in 0..<2 { _ = try await second.frame() }
        _ = try await first.frame()
        return (first, second, try #require(identity.chain.first).serial)
    }

    /// What is gone, by the serial of the first end; `nil` when nothing of the tunnel is.
    private static let table: [(gone: @Sendable (Serial) -> Ending, words: TestEnd.Frame?)] = [
        ({ .certificates([$0]) }, revoked), ({ _ in .certificates([.random()]) }, nil),
        ({ _ in .tunnelToken("2") }, revoked), ({ _ in .tunnelToken("3") }, nil),
        ({ _ in .device("d1") }, revoked), ({ _ in .device("d2") }, revoked), ({ _ in .device("d3") }, nil),
        ({ _ in .deviceLink("d1") }, nil), ({ _ in .userToken("1") }, nil), ({ _ in .user("u") }, nil),
        ({ _ in .clockSetBack }, nil), ({ _ in .time(1_000_000_000) }, nil), ({ _ in .time(4_000_000_001) }, expired),
    ]

    @Test(arguments: 0..<13) func bothEnds_HearWhy_OrGoOn(row: Int) async throws {
        #expect(Self.table.count == 13)
        try await TestServer.run(gate: Passes()) { server in
            let (first, second, serial) = try await Self.pair(server)
            let (gone, words) = Self.table[row]
            server.server.hear(gone(serial))
            if let words {
                #expect(try await first.frame() == words)
                #expect(try await second.frame() == words)
            } else {
                try await first.frame("still here")
                #expect(try await second.frame() == .text("still here"))
            }
        }
    }

    @Test func clientsOfAServer_HearWhy() async throws {
        try await TestServer.run(gate: Passes()) { server in
            let identity = try server.device("d1")
            let device = try await TestEnd.connect(
                port: server.port("proxyTCP"), root: server.root, identity: identity)
            try await device.send(ProxyTests.registerServer())
            _ = try await device.line()
            let client = try await server.webSocket(.proxy)
            try await client.frame(ProxyTests.registerClient(1))
            _ = try await client.frame()
            server.server.hear(.certificates([try #require(identity.chain.first).serial]))
            #expect(try await client.frame() == Self.revoked)
            _ = try await device.rest()
        }
    }

    /// Who does not answer the close frame, and goes on sending, is not waited for.
    @Test func revokedPeerThatStays_IsPassedOnNoMore_AndCut() async throws {
        try await TestTime.run(gate: Passes()) { server, time in
            let (first, second, serial) = try await Self.pair(server)
            server.server.hear(.certificates([serial]))
            #expect(try await first.frame() == Self.revoked)
            try await first.frame("too late")
            #expect(try await second.frame() == Self.revoked)
            try await time.advance(.seconds(5))
            #expect(try await first.rest().isEmpty)
            #expect(try await second.rest().isEmpty)
        }
    }

    @Test func connectionThatIsNoTunnelYet_IsCut() async throws {
        try await TestServer.run { server in
            let identity = try server.device("d1")
            let end = try await TestEnd.connect(
                port: server.port("tunnelWebSocket"), root: server.root, identity: identity)
            // The handshake is over, the request for a WebSocket is not.
            try await end.send("GET / HTTP/1.1\r\n")
            while server.server.connections.count == 0 { try await Task.sleep(for: .milliseconds(2)) }
            server.server.hear(.certificates([try #require(identity.chain.first).serial]))
            #expect(try await end.rest().isEmpty)
        }
    }
}
