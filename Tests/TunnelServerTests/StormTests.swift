import HubHTTP
internal import JournalTestSupport
import Synchronization
import Testing
import TunnelServer
import Wire

/// Ends that ask and ask: others have their turns in between, and strangers must go.
@Suite(.timeLimit(.minutes(2))) struct StormTests {
    private static let introspect = #"{"id":1,"method":"RemoteProxy.Introspect"}"#

    @Test(arguments: [TunnelService.rendezvous, .proxy])
    func strangerOverAStream_HasSixteenAnswersAndGoes(service: TunnelService) async throws {
        try await TestServer.run { server in
            let end = try await server.tcp(service)
            end.post(Array(repeatElement(Self.introspect, count: 1500).joined(separator: "\n").utf8))
            let answers = try await end.rest().split(separator: 0x0A)
            #expect(answers.count == 16)
            #expect(answers.allSatisfy { $0.elementsEqual(answers[0]) && $0.count > 500 })
            #expect(try await server.server.largestTurn().documents == 8)
        }
    }

    /// Not read to its end, and it has its answers all the same.
    @Test(arguments: [false, true]) func strangerThatGoesOnAfterItsEnd_IsCut(isWebSocket: Bool) async throws {
        try await TestServer.run { server in
            let end = isWebSocket ? try await server.webSocket() : try await server.tcp()
            let documents = Array(repeatElement(Self.introspect, count: 1000).joined(separator: "\n").utf8)
            let piece = isWebSocket ? TestEnd.masked(documents) : documents
            for _ in 0..<400 { end.post(piece) }
            let answers = try await end.rest()
            #expect(answers.count { $0 == 0x0A } == 16)
            #expect(try await server.server.mostDropped() < 1 << 20, "of 17 MB")
            while !(try await server.server.records().isEmpty) { try await Task.sleep(for: .milliseconds(2)) }
        }
    }

    @Test func strangerOverAWebSocket_IsToldWhyItGoes() async throws {
        try await TestServer.run { server in
            let tooMany = TestEnd.Frame.close(1011, "Too many requests before authentication.")
            let asking = try await server.webSocket()
            // In one message and in many.
            try await asking.frame(repeatElement(Self.introspect, count: 10).joined(separator: "\n"))
            for _ in 0..<7 { try await asking.frame(Self.introspect) }
            for _ in 0..<16 { #expect(try await asking.frame()?.opcode == 1) }
            #expect(try await asking.frame() == tooMany)
            let pinging = try await server.webSocket(.proxy)
            for _ in 0..<17 { try await pinging.frame([7], opcode: 9) }
            for _ in 0..<16 { #expect(try await pinging.frame() == TestEnd.Frame(opcode: 10, payload: [7])) }
            #expect(try await pinging.frame() == tooMany)
        }
    }

    /// White space, an unfinished document, one that is too long, unfinished messages, empty ones.
    @Test func strangerThatSendsMoreThan16KiB_IsToldWhyItGoes() async throws {
        try await TestServer.run { server in
            let kept = [UInt8](repeating: 0x20, count: 16_000)
            let long = RendezvousTests.authenticate(String(repeating: "n", count: 17_000), uuid: RendezvousTests.one)
            let pieces: [[UInt8]] = [
                TestEnd.masked([UInt8](repeating: 0x20, count: 17_000)),
                TestEnd.masked(Array("{".utf8) + kept), TestEnd.masked(Array(long.utf8)),
                TestEnd.masked(kept, isLast: false), [UInt8](repeatElement(TestEnd.masked([]), count: 3000).joined()),
            ]
            for (number, bytes) in pieces.enumerated() {
                let end = try await server.webSocket()
                end.post(bytes)
                if number == 1 || number == 3 { end.post(TestEnd.masked(kept, opcode: number == 3 ? 0 : 1)) }
                #expect(try await end.frame() == .close(1011, "Data buffer size violation."), "piece \(number)")
            }
            #expect(try await server.server.records().allSatisfy { $0.role == .connecting })
        }
    }

    @Test func longestRequestOfStockClients_IsTaken_AndWhatFollowsItIsNotCounted() async throws {
        try await TestServer.run { server in
            _ = try await ProxyTests.registered(server)
            let client = try await server.tcp(.proxy)
            let request = ProxyTests.registerClient(1).replacing(
                #""cli""#, with: "\"" + String(repeating: "n", count: 10_000) + "\"")
            for _ in 0..<5 { try await client.send(#"{"id":0,"method":"RemoteProxy.Hello"}"# + "\n") }
            try await client.send(Array(request.utf8) + [0x0A] + [UInt8](repeating: 7, count: 100_000))
            for _ in 0..<5 { #expect(try await client.line().contains("my-proxy")) }
            #expect(try await client.line() == ProxyTests.ok)
            while try await server.server.sums().bytes < 100_000 { try await Task.sleep(for: .milliseconds(2)) }
        }
    }

    /// Requests of a registered server, each in a frame of its own or many in one.
    @Test(arguments: [1, 400]) func requestsOfAServer_AreDoneEightInATurn_AndInTheirOrder(together: Int) async throws {
        try await TestServer.run { server in
            let device = try await ProxyTests.registered(server)
            var bytes: [UInt8] = []
            for first in stride(from: 0, to: 1600, by: together) {
                let requests = (first..<first + together).map(Self.ping)
                bytes += SLIP.frame(address: 0, Array(requests.joined(separator: "\n").utf8))
            }
            device.post(bytes)
            var frames = Frames(device)
            for number in 0..<1600 {
                #expect(
                    try await frames.next().text
                        == #"{"id":\#(number),"params":{"timestamp":1},"status":"success"}"# + "\n")
            }
            #expect(try await server.server.largestTurn().documents == 8)
        }
    }

    @Test func smallFrames_AreRelayedInTurns_AlsoWhenTheSenderIsGone() async throws {
        try await TestServer.run { server in
            let device = try await ProxyTests.registered(server)
            let client = try await server.tcp(.proxy)
            try await client.send(ProxyTests.registerClient(1))
            _ = try await client.line()
            var bytes: [UInt8] = []
            for number in 0..<20_000 { bytes += SLIP.frame(address: 1, [UInt8(number % 100)]) }
            try await device.send(bytes)
            try await device.close()
            let relayed = try await client.rest()
            #expect(relayed.elementsEqual((0..<20_000).map { UInt8($0 % 100) }))
            let largest = try await server.server.largestTurn()
            #expect(largest.frames <= 256 && largest.frames > 100)
            #expect(try await server.server.records().isEmpty)
        }
    }

    @Test func pingsAndSmallMessages_AreAnsweredInTurns() async throws {
        try await TestServer.run { server in
            let (first, second) = try await MisuseTests.webSocketPair(server)
            var bytes: [UInt8] = []
            for number in 0..<3000 {
                bytes += TestEnd.masked([UInt8(ascii: "a") + UInt8(number % 20)])
                bytes += TestEnd.masked([UInt8(number % 100)], opcode: 9)
            }
            first.post(bytes)
            for number in 0..<3000 {
                #expect(try await second.frame()?.payload == [UInt8(ascii: "a") + UInt8(number % 20)])
                #expect(try await first.frame()?.payload == [UInt8(number % 100)])
            }
            #expect(try await server.server.largestTurn().frames <= 256)
        }
    }

    /// Sixteen registered servers each ask 20,000 times at once; a tunnel beside them has its round trips before the
    /// first of them is done, and who comes then is let in.
    @Test func sixteenSenders_DoNotHoldOthersUp() async throws {
        let order = Order()
        try await TestServer.run(gate: order) { server in
            let (first, second) = try await BoundsTests.pair(server)
            var senders: [TestEnd] = []
            for number in 0..<16 {
                let uuid = "{aaaaaaaa-0000-4000-8000-0000000000\(number + 10)}"
                let sender = try await server.tcp(.proxy)
                try await sender.send(ProxyTests.registerServer(uuid) + "\n")
                _ = try await sender.line()
                senders.append(sender)
            }
            // The last request is one too many, and ends the sender.
            let ping = SLIP.frame(address: 0, Array(Self.ping(1).utf8))
            let last = SLIP.frame(address: 0, Array(ProxyTests.registerServer().utf8))
            let storm = [UInt8](repeatElement(ping, count: 20_000).joined()) + last
            for sender in senders { sender.post(storm) }
            for sender in senders { while sender.waiting == 0 { try await Task.sleep(for: .milliseconds(1)) } }
            for _ in 0..<5 {
                try await first.send("there")
                _ = try await second.read(5)
                try await second.send("back")
                _ = try await first.read(4)
            }
            let stranger = try await server.unix()
            try await stranger.send(RendezvousTests.authenticate("late", uuid: RendezvousTests.one))
            _ = try await stranger.line()
            #expect(order.list == ["late"])
            #expect(try await server.server.largestTurn().documents == 8)
        }
    }

    @Test func refreshesOfAMonitor_AreAnsweredInTurn_AndNoMoreThanItReads() async throws {
        try await TestServer.run { server in
            let monitor = try await TestEnd.connect(path: server.folder.path + "/monitor.sock")
            _ = try await monitor.line()
            let refresh = #"{"method":"refresh"}"# + "\n"
            monitor.post(Array(repeatElement(refresh, count: 40).joined().utf8))
            let (first, second) = try await BoundsTests.pair(server)
            for _ in 0..<40 { #expect(try await monitor.line().contains("tunnelProxyStatistic")) }
            try await first.send("still")
            #expect(try await second.read(5) == Array("still".utf8))
        }
    }

    private static func ping(_ number: Int) -> String {
        #"{"id":\#(number),"method":"TunnelProxy.Ping","params":{"timestamp":1}}"#
    }
}

/// Lets everybody in, and remembers in which order ends were judged late and servers left.
private final class Order: TunnelGate {
    private let all = Mutex<[String]>([])
    var list: [String] { all.withLock { $0 } }

    func judge(_ request: TunnelAccessRequest, answer: @escaping @Sendable (TunnelVerdict) -> Void) {
        if case .rendezvous = request.purpose, request.peer.address == "local" { all.withLock { $0.append("late") } }
        answer(.admitted(TunnelPass(realm: "r", userName: "u")))
    }

    func registered(_ uuid: TunnelUUID, _ pass: TunnelPass) {}

    func left(_ uuid: TunnelUUID, _ pass: TunnelPass) {
        all.withLock { $0.append("left") }
    }
}
