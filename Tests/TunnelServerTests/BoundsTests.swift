import Foundation
import NIOCore
import Synchronization
import Testing
import TunnelServer
import Wire

/// What nobody can take too much of, and slow ends.
@Suite(.timeLimit(.minutes(1))) struct BoundsTests {
    /// Resident memory of this process in bytes.
    private static func memory() throws -> Int {
        let text = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8)
        return (Int(text.split(separator: " ")[1]) ?? 0) * 4096
    }

    @Test func slowReader_StopsTheSender() async throws {
        try await TestServer.run { server in
            let (first, second) = try await Self.pair(server)
            try await second.setReading(false)
            let before = try Self.memory()
            let sent = Count()
            let piece = [UInt8](repeating: 7, count: 256 * 1024)
            await withTaskGroup { group in
                group.addTask {
                    for _ in 0..<400 {
                        guard (try? await first.send(piece)) != nil else { return }
                        sent.add(piece.count)
                    }
                }
                try? await Task.sleep(for: .seconds(2))
                let held = sent.value
                #expect(held < 60 << 20, "the sender goes on although nobody reads")
                try? await second.setReading(true)
                await group.waitForAll()
            }
            #expect(try Self.memory() - before < 400 << 20)
            var received = 0
            while received < 400 * piece.count {
                let bytes = try await second.read(min(1 << 20, 400 * piece.count - received))
                received += bytes.count
                #expect(bytes.allSatisfy { $0 == 7 })
                if bytes.isEmpty { break }
            }
            #expect(received == 400 * piece.count)
        }
    }

    @Test func connectionsOfOneAddress_AreBounded() async throws {
        try await TestServer.run(change: { $0.limits.perAddress = 2 }) { server in
            let first = try await server.tcp()
            let second = try await server.tcp()
            let third = try await server.tcp()
            #expect(try await third.rest().isEmpty)
            try await first.close()
            try await Task.sleep(for: .milliseconds(100))
            let fourth = try await server.tcp()
            try await fourth.send(#"{"id":0,"method":"RemoteProxy.Hello"}"#)
            #expect(try await fourth.line().contains("my-proxy"))
            try await second.close()
        }
    }

    @Test func connectionsWithOneToken_AreBounded() async throws {
        struct OneToken: TunnelGate {
            func judge(_ request: TunnelRequestForEntry, answer: @escaping @Sendable (TunnelVerdict) -> Void) {
                answer(.admitted(TunnelPass(realm: "r", userName: "u", tokenID: "1")))
            }
        }
        try await TestServer.run(gate: OneToken(), change: { $0.limits.perToken = 1 }) { server in
            let first = try await server.tcp()
            try await first.send(RendezvousTests.authenticate("1", uuid: RendezvousTests.one))
            #expect(try await first.line() == RendezvousTests.accepted)
            let second = try await server.tcp()
            try await second.send(RendezvousTests.authenticate("2", uuid: RendezvousTests.two))
            #expect(try await second.line().contains("AuthenticationErrorProxyError"))
        }
    }

    @Test func rightThatEnds_EndsItsTunnel() async throws {
        struct Short: TunnelGate {
            func judge(_ request: TunnelRequestForEntry, answer: @escaping @Sendable (TunnelVerdict) -> Void) {
                let end = Int64(Date.now.timeIntervalSince1970) + 1
                answer(.admitted(TunnelPass(realm: "r", userName: "u", validUntil: end)))
            }
        }
        try await TestServer.run(gate: Short()) { server in
            let (first, second) = try await Self.pair(server)
            #expect(try await first.rest().isEmpty)
            #expect(try await second.rest().isEmpty)
        }
    }

    @Test func bandwidth_IsBounded() async throws {
        try await TestServer.run(change: { $0.limits.bytesPerSecond = 100_000 }) { server in
            let (first, second) = try await Self.pair(server)
            let start = ContinuousClock.now
            first.post([UInt8](repeating: 1, count: 1_000_000))
            #expect(try await second.read(1_000_000).count == 1_000_000)
            #expect(ContinuousClock.now - start > .seconds(1))
        }
    }

    @Test func clientThatDoesNotRead_LosesItsPlaceAndTheOthersGoOn() async throws {
        try await TestServer.run(change: { $0.stallTimeout = .seconds(1) }) { server in
            let device = try await ProxyTests.registered(server)
            var clients: [TestEnd] = []
            for number in 1...2 {
                let client = try await server.tcp(.proxy)
                try await client.send(ProxyTests.registerClient(number))
                _ = try await client.line()
                clients.append(client)
            }
            try await clients[0].setReading(false)
            for _ in 0..<300 { device.post(SLIP.frame(address: 1, [UInt8](repeating: 1, count: 65_000))) }
            device.post(SLIP.frame(address: 2, Array("through".utf8)))
            #expect(try await clients[1].read(7) == Array("through".utf8))
        }
    }

    @Test func operatorClosesAndLists() async throws {
        try await TestServer.run { server in
            let (first, second) = try await Self.pair(server)
            try await first.send("abc")
            _ = try await second.read(3)
            let records = try await server.server.records()
            #expect(records.map(\.role) == [.joined, .joined])
            #expect(records.map(\.partner) == [records[1].id, records[0].id])
            #expect(records.map(\.bytesIn) == [3, 0])
            let id = records[0].id
            #expect(try await server.server.close { $0.id == id } == 1)
            #expect(try await second.rest().isEmpty)
            while server.events.list.count < 4 { try await Task.sleep(for: .milliseconds(5)) }
            #expect(server.events.list.count { if case .left = $0 { true } else { false } } == 2)
        }
    }

    static func pair(_ server: TestServer) async throws -> (TestEnd, TestEnd) {
        let first = try await server.tcp()
        try await first.send(RendezvousTests.authenticate("first", uuid: RendezvousTests.one))
        _ = try await first.line()
        let second = try await server.tcp()
        try await second.send(RendezvousTests.authenticate("second", uuid: RendezvousTests.two))
        for _ in 0..<2 { _ = try await second.line() }
        _ = try await first.line()
        return (first, second)
    }
}

/// A number that tasks share.
private final class Count: Sendable {
    private let number = Mutex(0)

    var value: Int { number.withLock { $0 } }

    func add(_ amount: Int) {
        number.withLock { $0 += amount }
    }
}
