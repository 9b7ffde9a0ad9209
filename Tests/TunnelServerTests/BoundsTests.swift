import Foundation
internal import Journal
import NIOCore
import Synchronization
import Testing
import TunnelServer
import Wire

/// What nobody can take too much of, and slow ends.
@Suite(.timeLimit(.minutes(3))) struct BoundsTests {
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
                _ = try? await Self.mostHeld(server, enough: 32 << 10)
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

    /// What the server holds for all ends, at most, until it was more than `enough` and for another 300 looks.
    private static func mostHeld(_ server: TestServer, enough: Int) async throws -> Int {
        var most = 0
        var looks = 0
        while looks < 300 {
            most = max(most, try await server.server.bytesHeld().values.reduce(0, +))
            if most > enough { looks += 1 }
            try await Task.sleep(for: .milliseconds(5))
        }
        return most
    }

    @Test(arguments: [1 << 20, 65_536]) func endsThatDoNotRead_HoldLessThanAMegabyteTogether(size: Int) async throws {
        try await TestServer.run { server in
            let (first, second) = try await MisuseTests.webSocketPair(server, isSmall: true)
            let message = TestEnd.masked([UInt8](repeating: UInt8(ascii: "m"), count: size))
            for end in [first, second] { try await end.setReading(false) }
            for _ in 0..<(8 << 20) / size {
                first.post(message)
                second.post(message)
            }
            let most = try await Self.mostHeld(server, enough: 128 << 10)
            #expect(most > 128 << 10, "no queue was beyond its mark, so nothing was tried")
            #expect(most < 1_000_000)
            for end in [first, second] { try await end.setReading(true) }
            for end in [first, second] { #expect(try await end.message()?.payload.count == size) }
        }
    }

    @Test func unfinishedMessage_IsNotKept() async throws {
        try await TestServer.run { server in
            let (first, second) = try await MisuseTests.webSocketPair(server)
            let message = TestEnd.masked([UInt8](repeating: UInt8(ascii: "m"), count: 1 << 20))
            try await first.send(Array(message[..<1_000_000]))
            // All but less than one part is through already.
            _ = try await second.read(14 * 65_536)
            #expect(try await server.server.bytesHeld().values.allSatisfy { $0 <= 65_536 + 14 })
        }
    }

    @Test func pingsOfAnEndThatDoesNotRead_GetNoEndlessAnswers() async throws {
        try await TestServer.run { server in
            let end = try await server.webSocket(.proxy, isSmall: true)
            try await end.frame(ProxyTests.registerServer())
            _ = try await end.frame()
            let ping = TestEnd.masked([UInt8](repeating: 1, count: 125), opcode: 9)
            let pings = [UInt8]((0..<1000).map { _ in ping }.joined())
            try await end.setReading(false)
            for _ in 0..<40 { end.post(pings) }
            end.post(TestEnd.masked([9, 9], opcode: 9))
            let most = try await Self.mostHeld(server, enough: 128 << 10)
            #expect(most > 128 << 10, "the queue was never full, so nothing was tried")
            #expect(most < 400_000)
            // Once it reads, the last of its pings has an answer.
            try await end.setReading(true)
            #expect(try await end.read(through: [0x8A, 2, 9, 9]).count > 128 << 10)
        }
    }

    @Test func requestsOfAnEndThatDoesNotRead_EndIt() async throws {
        try await TestServer.run { server in
            let device = try await ProxyTests.registered(server)
            let request = SLIP.frame(address: 0, Array(#"{"id":5,"method":"RemoteProxy.Introspect"}"#.utf8))
            let requests = [UInt8]((0..<1000).map { _ in request }.joined())
            try await device.setReading(false)
            for _ in 0..<20 { device.post(requests) }
            var most = 0
            while !(try await server.server.records().isEmpty) {
                most = max(most, try await server.server.bytesHeld().values.reduce(0, +))
                try await Task.sleep(for: .milliseconds(5))
            }
            #expect(most > 0 && most < 400_000)
        }
    }

    @Test func connectionsOfOneAddress_AreBounded() async throws {
        try await TestServer.run(perAddress: 2) { server in
            let first = try await server.tcp()
            let second = try await server.tcp()
            let third = try await server.tcp()
            #expect(try await third.rest().isEmpty)
            try await first.close()
            // Until the server has noticed.
            var answer = ""
            while !answer.contains("my-proxy") {
                let fourth = try await server.tcp()
                try? await fourth.send(#"{"id":0,"method":"RemoteProxy.Hello"}"#)
                answer = try await fourth.line()
            }
            try await second.close()
        }
    }

    @Test func connectionsWithOneToken_AreBounded() async throws {
        struct OneToken: TunnelGate {
            func judge(_ request: TunnelAccessRequest, answer: @escaping @Sendable (TunnelVerdict) -> Void) {
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
            func judge(_ request: TunnelAccessRequest, answer: @escaping @Sendable (TunnelVerdict) -> Void) {
                let end = Int64(Date.now.timeIntervalSince1970) + 3600
                answer(.admitted(TunnelPass(realm: "r", userName: "u", validUntil: end)))
            }
        }
        try await TestTime.run(gate: Short()) { server, time in
            let (first, second) = try await Self.pair(server)
            try await time.advance(.seconds(3600 - 300))
            server.server.hear(.time(time.now))
            try await first.send("still")
            #expect(try await second.read(5) == Array("still".utf8))
            try await time.advance(.seconds(600))
            server.server.hear(.time(time.now))
            #expect(try await first.rest().isEmpty)
            #expect(try await second.rest().isEmpty)
        }
    }

    @Test func bandwidth_IsBounded() async throws {
        try await TestTime.run(change: { $0.limits.bytesPerSecond = 100_000 }) { server, time in
            let (first, second) = try await Self.pair(server)
            first.post([UInt8](repeating: 1, count: 600_000))
            var seconds = 0
            while true {
                // The first share at once; what is read beyond a share is at most what comes in one turn, and is paid
                // back.
                let share = min(600_000, 100_000 * (seconds + 1))
                while second.waiting < share { try await Task.sleep(for: .milliseconds(2)) }
                let arrived = second.waiting
                #expect(arrived <= share + 128 << 10)
                guard arrived < 600_000 else { break }
                try await time.advance(.seconds(1))
                seconds += 1
            }
            #expect((4...5).contains(seconds))
        }
    }

    @Test func clientThatDoesNotRead_LosesItsPlaceAndTheOthersGoOn() async throws {
        try await TestTime.run(change: { $0.stallTimeout = .seconds(5) }) { server, time in
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
            while clients[1].waiting < 7 {
                try await time.advance(.seconds(1))
                try await Task.sleep(for: .milliseconds(5))
            }
            #expect(try await clients[1].read(7) == Array("through".utf8))
        }
    }

    @Test func stop_DoesNotWaitForEndsThatDoNotRead() async throws {
        // Its patience with a slow client is beyond the time limit of this suite.
        try await TestServer.run(change: { $0.stallTimeout = .seconds(120) }) { server in
            let device = try await ProxyTests.registered(server)
            let client = try await server.tcp(.proxy)
            try await client.send(ProxyTests.registerClient(1))
            _ = try await client.line()
            try await client.setReading(false)
            for _ in 0..<300 { device.post(SLIP.frame(address: 1, [UInt8](repeating: 1, count: 65_000))) }
            let (first, second) = try await Self.pair(server)
            try await second.setReading(false)
            first.post([UInt8](repeating: 1, count: 20 << 20))
            while try await server.server.bytesHeld().values.count(where: { $0 > 32 << 10 }) < 2 {
                try await Task.sleep(for: .milliseconds(5))
            }
        }
    }

    @Test func serverThatHasEnded_SaysSo() async throws {
        let ended = Ended()
        try await TestServer.run { test in ended.server.withLock { $0 = test.server } }
        let server = try #require(ended.server.withLock { $0 })
        #expect(!server.isRunning)
        await #expect(throws: TunnelServerError.stopped) { try await server.records() }
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

private final class Ended: Sendable {
    let server = Mutex<TunnelServer?>(nil)
}
