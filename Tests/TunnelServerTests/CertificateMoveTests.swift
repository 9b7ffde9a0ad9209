import Testing
import TunnelServer
import Wire

/// What becomes of connections when the hub shows another certificate.
@Suite(.timeLimit(.minutes(3))) struct CertificateMoveTests {
    // MARK: - The machine

    @Test func sameCertificates_EndNobody() {
        var move = CertificateMove(shown: [[1], [1]], seconds: 60)
        #expect(!move.look([[1], [1]]) && !move.isUnderWay && move.share(of: 100) == 0)
    }

    @Test(arguments: [1, 2, 7, 60, 3600], [1, 59, 60, 61, 10_000])
    func everybody_EndsWithinTheGraceTimeAndNotAtOnce(seconds: Int, count: Int) {
        var move = CertificateMove(shown: [[1]], seconds: seconds)
        #expect(move.look([[2]]) && move.isOutdated([1]) && !move.isOutdated([2]))
        var left = count
        for _ in 0..<seconds where move.isUnderWay {
            let share = move.share(of: left)
            #expect(share <= (count + seconds - 1) / seconds)
            left -= share
        }
        #expect(left == 0)
        _ = move.share(of: left)
        #expect(!move.isUnderWay)
    }

    @Test func noGrace_EndsAllAtOnce() {
        var move = CertificateMove(shown: [[1]], seconds: 0)
        #expect(move.look([[2]]) && move.share(of: 100) == 100 && !move.isUnderWay)
    }

    @Test func secondChange_BeginsAnewAndFindsTheOldestToo() {
        var move = CertificateMove(shown: [[1]], seconds: 2)
        _ = move.look([[2]])
        _ = move.share(of: 4)
        #expect(move.look([[3]]) && move.isOutdated([1]) && move.isOutdated([2]))
        #expect(move.share(of: 4) == 2 && move.share(of: 2) == 2)
    }

    // MARK: - The server

    @Test func changedCertificate_EndsBothEndsOfARendezvousInOrder() async throws {
        try await TestServer.run(change: { $0.drainSeconds = 0 }) { server in
            let first = try await server.webSocket()
            try await first.frame(RendezvousTests.authenticate("first", uuid: RendezvousTests.one))
            _ = try await first.frame()
            let second = try await server.webSocket()
            try await second.frame(RendezvousTests.authenticate("second", uuid: RendezvousTests.two))
            for _ in 0..<2 { _ = try await second.frame() }
            _ = try await first.frame()
            try server.changeCertificate()
            #expect(try await first.frame() == .close(1000, "Stop server"))
            #expect(try await second.frame() == .close(1000, "Stop server"))
        }
    }

    @Test func changedCertificate_EndsAServerAndItsClientsAndTakesThemAgain() async throws {
        try await TestTime.run(change: { $0.drainSeconds = 0 }) { server, time in
            let device = try await ProxyTests.registered(server)
            let client = try await server.webSocket(.proxy)
            try await client.frame(ProxyTests.registerClient(1))
            _ = try await client.frame()
            let local = try await server.unix()
            try await local.send(#"{"id":0,"method":"RemoteProxy.Hello"}"#)
            _ = try await local.line()
            try server.changeCertificate()
            try await time.advance(.seconds(2))
            #expect(try await client.frame() == .close(1000, "Stop server"))
            _ = try await device.rest()
            // A Unix socket shows no certificate, so nothing changed for it.
            try await local.send(#"{"id":1,"method":"RemoteProxy.Hello"}"#)
            #expect(try await local.line().contains("my-proxy"))
            let again = try await ProxyTests.registered(server)
            // What came under the new certificate stays.
            try await time.advance(.seconds(4))
            try await again.send(SLIP.frame(address: 0, Array(#"{"id":5,"method":"RemoteProxy.Hello"}"#.utf8)))
            #expect(try await again.read(1).count == 1)
        }
    }

    @Test func unusedServers_GoBeforeTunnelsInUse() async throws {
        try await TestServer.run(change: { $0.drainSeconds = 3 }) { server in
            let (first, second) = try await BoundsTests.pair(server)
            let device = try await ProxyTests.registered(server)
            try server.changeCertificate()
            _ = try await device.rest()
            #expect(try await first.rest().isEmpty)
            #expect(try await second.rest().isEmpty)
            while server.events.list.count < 6 { try await Task.sleep(for: .milliseconds(5)) }
            let left = server.events.list.compactMap { if case .left(let record) = $0 { record.role } else { nil } }
            #expect(left == [.server, .joined, .joined])
        }
    }

    @Test func operatorsDrain_SaysTheSameToAll() async throws {
        try await TestServer.run { server in
            let first = try await server.webSocket()
            try await first.frame(RendezvousTests.authenticate("first", uuid: RendezvousTests.one))
            _ = try await first.frame()
            let second = try await server.webSocket()
            try await second.frame(RendezvousTests.authenticate("second", uuid: RendezvousTests.two))
            for _ in 0..<2 { _ = try await second.frame() }
            _ = try await first.frame()
            #expect(try await server.server.restartAll() == 2)
            #expect(try await first.frame() == .close(1000, "Stop server"))
            #expect(try await second.frame() == .close(1000, "Stop server"))
        }
    }
}
