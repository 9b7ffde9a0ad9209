import Hummingbird
internal import Journal
import NIOCore
import NIOEmbedded
import PKI
import Testing

@testable import HubHTTP

/// Certificates that end while their connections are open.
@Suite(.timeLimit(.minutes(1))) struct LastingPeersTests {
    private static let pair = String(repeating: "GET /x HTTP/1.1\r\nHost: h\r\n\r\n", count: 2)

    private static func router(_ loss: PeerLoss?) -> Router<HubContext> {
        let router = Router(context: HubContext.self)
        router.add(middleware: ErrorAnswers(HubErrorForm()))
        router.add(middleware: LastingPeers { _ in loss })
        router.get("x") { _, _ in "served\n" }
        return router
    }

    @Test(arguments: [(PeerLoss.ended, "endedCertificate"), (.revoked, "revokedCertificate")])
    func lostCertificate_IsRefusedOnce_AndTheConnectionEnds(loss: PeerLoss, code: String) async throws {
        try await LiveListener.run(Self.router(loss)) { port in
            let peer = try await RawPeer(port: port)
            try await peer.send(Self.pair)
            let answer = try await peer.all()
            #expect(answer.components("HTTP/1.1 403 Forbidden").count == 2)
            #expect(answer.contains(code) && answer.lowercased().contains("connection: close\r\n"))
        }
    }

    @Test func lastingCertificate_IsServedAgainAndAgain() async throws {
        try await LiveListener.run(Self.router(nil)) { port in
            let peer = try await RawPeer(port: port)
            try await peer.send(Self.pair + "GET /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
            #expect(try await peer.all().components("served").count == 4)
        }
    }

    // MARK: - Connections nobody asks on

    private final class Connections {
        let open = OpenConnections()
        let channels: [EmbeddedChannel]

        /// One connection for each end, all of the same certificate but the last.
        init(_ ends: [Int64]) throws {
            let serials = [Serial.random(), Serial.random()]
            channels = ends.map { _ in EmbeddedChannel() }
            for (index, channel) in channels.enumerated() {
                try channel.connect(to: try SocketAddress(unixDomainSocketPath: "/peer")).wait()
                open.add(channel, for: serials[index == ends.count - 1 ? 1 : 0], until: ends[index])
            }
        }

        /// Which connections are open once it is that time.
        func look(at time: Int64) -> [Bool] {
            open.hear(.time(time))
            for channel in channels { channel.embeddedEventLoop.advanceTime(by: .milliseconds(1)) }
            return channels.map(\.isActive)
        }
    }

    @Test func connections_EndWithTheirCertificates_WhateverTheClockDoes() throws {
        let connections = try Connections([100, 300, 200])
        #expect(connections.look(at: 50) == [true, true, true])
        #expect(connections.look(at: 100) == [true, true, true])
        #expect(connections.look(at: 101) == [false, true, true])
        #expect(connections.look(at: 10) == [false, true, true])
        #expect(connections.look(at: 150) == [false, true, true])
        #expect(connections.open.count == 2)
        #expect(connections.look(at: 1_000_000) == [false, false, false])
        #expect(connections.open.count == 0)
    }

    @Test func connectionThatCameLater_IsFoundAsWell() throws {
        let connections = try Connections([500])
        #expect(connections.look(at: 600) == [false])
        let late = EmbeddedChannel()
        try late.connect(to: try SocketAddress(unixDomainSocketPath: "/peer")).wait()
        connections.open.add(late, for: Serial.random(), until: 550)
        connections.open.hear(.time(600))
        late.embeddedEventLoop.advanceTime(by: .milliseconds(1))
        #expect(!late.isActive)
    }
}
