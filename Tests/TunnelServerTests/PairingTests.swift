import Foundation
import Synchronization
import Testing
import TunnelServer
internal import Wire

/// Who is joined with whom, and how tunnels end (docs/protocols/tunnel.md A5, A7).
@Suite(.timeLimit(.minutes(3))) struct TunnelPairingTests {
    private typealias Basics = RendezvousTests

    @Test func thirdClient_IsSentAwayAndTheTunnelStays() async throws {
        try await TestServer.run { server in
            let (first, second) = try await MisuseTests.webSocketPair(server)
            let third = try await server.webSocket()
            try await third.frame(Basics.authenticate("third", uuid: "{33333333-3333-3333-3333-333333333333}"))
            #expect(
                try await third.frame()
                    == .close(1011, "Tunnel already exists for this token nonce combination."))
            try await first.frame("still here")
            #expect(try await second.frame() == .text("still here"))
        }
    }

    @Test func sameNonceWithOtherTokens_IsNeverJoined() async throws {
        try await TestTime.run { server, time in
            let pairs = [
                (("t1", "n"), ("t2", "n")), (("a", "bc"), ("ab", "c")), (("t", ""), ("t", "n")),
                (("t", "n1"), ("t", "n2")),
            ]
            for (one, other) in pairs {
                let first = try await server.tcp()
                try await first.send(Basics.authenticate("1", token: one.0, nonce: one.1, uuid: Basics.one))
                let second = try await server.tcp()
                try await second.send(Basics.authenticate("2", token: other.0, nonce: other.1, uuid: Basics.two))
                for end in [first, second] { #expect(try await end.line() == Basics.accepted) }
                try await time.advance(.seconds(8))
                for end in [first, second] { #expect(try await end.rest().isEmpty) }
            }
        }
    }

    @Test func twoTunnelsWithOneToken_Live() async throws {
        try await TestServer.run { server in
            var pairs: [(TestEnd, TestEnd)] = []
            for nonce in ["n1", "n2", nil] {
                let first = try await server.tcp()
                try await first.send(Basics.authenticate("1", nonce: nonce, uuid: Basics.one))
                _ = try await first.line()
                let second = try await server.unix()
                try await second.send(Basics.authenticate("2", nonce: nonce, uuid: Basics.two) + "\n")
                _ = try await second.line()
                _ = try await first.line()
                _ = try await second.line()
                pairs.append((first, second))
            }
            for (number, (first, second)) in pairs.enumerated() {
                try await first.send([UInt8(number)])
                #expect(try await second.read(1) == [UInt8(number)])
            }
        }
    }

    @Test(arguments: [nil, "n"]) func sameUUID_EndsBoth(nonce: String?) async throws {
        try await TestServer.run { server in
            let reason = nonce == nil ? "Duplicated client UUID." : "Client loop detected."
            let first = try await server.webSocket()
            try await first.frame(Basics.authenticate("1", nonce: nonce, uuid: Basics.one))
            _ = try await first.frame()
            let second = try await server.webSocket()
            // The same UUID in another spelling.
            try await second.frame(
                Basics.authenticate("2", nonce: nonce, uuid: String(Basics.one.dropFirst().dropLast())))
            if nonce != nil { #expect(try await second.frame() == .text(Basics.accepted)) }
            #expect(try await second.frame() == .close(1011, reason))
            #expect(try await first.frame() == .close(1011, reason))
        }
    }

    @Test func dataInTheSameSegmentAsTheRequest_IsRelayed() async throws {
        try await TestServer.run { server in
            let first = try await server.tcp()
            try await first.send(Basics.authenticate("1", uuid: Basics.one) + "\n")
            _ = try await first.line()
            let second = try await server.tcp()
            try await second.send(Basics.authenticate("2", uuid: Basics.two) + "\n\nat once")
            _ = try await first.line()
            #expect(try await first.read(8) == Array("\nat once".utf8))
        }
    }

    @Test func lineEndBehindTheRequest_IsNotRelayed() async throws {
        try await TestServer.run { server in
            let first = try await server.unix()
            try await first.send(Basics.authenticate("1", uuid: Basics.one) + "\n")
            _ = try await first.line()
            let second = try await server.unix()
            try await second.send(Basics.authenticate("2", uuid: Basics.two))
            _ = try await first.line()
            try await second.send("\n")
            try await second.send("data")
            #expect(try await first.read(4) == Array("data".utf8))
        }
    }

    @Test func lineFeedOfTheTunnel_IsRelayed() async throws {
        try await TestServer.run(change: { $0.lineEndTimeout = .zero }) { server in
            let first = try await server.tcp()
            try await first.send(Basics.authenticate("1", uuid: Basics.one))
            _ = try await first.line()
            let second = try await server.tcp()
            try await second.send(Basics.authenticate("2", uuid: Basics.two))
            _ = try await second.line()
            _ = try await second.line()
            try await second.send("\n\u{5}data")
            _ = try await first.line()
            #expect(try await first.read(6) == Array("\n\u{5}data".utf8))
        }
    }

    @Test func streamThatEndsWithinACharacter_WasNoText() async throws {
        try await TestServer.run { server in
            let stream = try await server.tcp()
            try await stream.send(Basics.authenticate("1", uuid: Basics.one))
            _ = try await stream.line()
            let webSocket = try await server.webSocket()
            try await webSocket.frame(Basics.authenticate("2", uuid: Basics.two))
            _ = try await webSocket.frame()
            _ = try await webSocket.frame()
            try await stream.send(Array("€".utf8) + [0xE2, 0x82])
            #expect(try await webSocket.frame() == .text("€"))
            try await stream.close()
            #expect(try await webSocket.frame() == .close(1007, "Invalid UTF-8 code encountered."))
        }
    }

    @Test func streamThatTheHubEndsWithinACharacter_IsNotBlamed() async throws {
        try await TestServer.run { server in
            let stream = try await server.tcp()
            try await stream.send(Basics.authenticate("1", uuid: Basics.one))
            _ = try await stream.line()
            let webSocket = try await server.webSocket()
            try await webSocket.frame(Basics.authenticate("2", uuid: Basics.two))
            _ = try await webSocket.frame()
            _ = try await webSocket.frame()
            try await stream.send(Array("€".utf8) + [0xE2, 0x82])
            #expect(try await webSocket.frame() == .text("€"))
            #expect(try await server.server.restartAll() == 2)
            #expect(try await webSocket.frame() == .close(1000, "Stop server"))
        }
    }

    @Test func streamToWebSocket_KeepsCharactersWhole() async throws {
        try await TestServer.run { server in
            let stream = try await server.tcp()
            try await stream.send(Basics.authenticate("1", uuid: Basics.one))
            _ = try await stream.line()
            let webSocket = try await server.webSocket()
            try await webSocket.frame(Basics.authenticate("2", uuid: Basics.two))
            _ = try await webSocket.frame()
            _ = try await webSocket.frame()
            _ = try await stream.line()
            let text = Array("a€\u{0}ü😀b".utf8)
            var received: [UInt8] = []
            for byte in text {
                try await stream.send([byte])
                try await Task.sleep(for: .milliseconds(2))
            }
            while received.count < text.count { received += try #require(try await webSocket.frame()).payload }
            #expect(received == text)
            try await webSocket.frame("antwort")
            #expect(try await stream.read(7) == Array("antwort".utf8))
            try await stream.send([0xFF])
            #expect(try await webSocket.frame() == .close(1007, "Invalid UTF-8 code encountered."))
            #expect(try await stream.rest().isEmpty)
        }
    }

    @Test func refusedToken_IsAnsweredThenClosed() async throws {
        struct Refuses: TunnelGate {
            func judge(_ request: TunnelAccessRequest, answer: @escaping @Sendable (TunnelVerdict) -> Void) {
                answer(.refused(.authenticationFailed))
            }
        }
        try await TestServer.run(gate: Refuses()) { server in
            let end = try await server.webSocket()
            try await end.frame(Basics.authenticate("1", uuid: Basics.one, id: 7))
            let answer = try #require(try await end.frame()?.text)
            #expect(
                answer.contains(
                    #""params":{"authenticationError":"AuthenticationErrorAuthenticationFailed"},"status":"success""#))
            #expect(try await end.frame() == .close(1011, "API call was not successfully."))
        }
    }

    @Test func slowCheck_AnswersHelloMeanwhileAndEndsInTime() async throws {
        let gate = LateGate()
        try await TestTime.run(gate: gate) { server, time in
            let end = try await server.webSocket()
            try await end.frame(Basics.authenticate("1", uuid: Basics.one, id: 7))
            try await end.frame(#"{"id":8,"method":"RemoteProxy.Hello"}"#)
            #expect(try await end.frame()?.text.contains(#""id":8"#) == true)
            try await time.advance(.seconds(8))
            #expect(
                try await end.frame()
                    == .text(
                        #"{"id":7,"params":{"authenticationError":"AuthenticationErrorTimeout"},"status":"success"}"#
                            + "\n"))
            #expect(try await end.frame() == .close(1011, "API call was not successfully."))
            // The verdict comes too late, and for somebody who is gone.
            gate.answer(.admitted(TunnelPass(realm: "r", userName: "u")))
            let twice = try await server.webSocket()
            try await twice.frame(Basics.authenticate("1", uuid: Basics.one, id: 7))
            try await twice.frame(Basics.authenticate("1", uuid: Basics.one, id: 8))
            #expect(
                try await twice.frame() == .close(1011, "Data received while authenticated but not remote connected."))
            let leaver = try await server.tcp()
            try await leaver.send(Basics.authenticate("1", uuid: Basics.one, id: 7))
            while gate.count < 2 { try await Task.sleep(for: .milliseconds(2)) }
            let present = try await server.server.records().count
            try await leaver.close()
            while try await server.server.records().count == present { try await Task.sleep(for: .milliseconds(2)) }
            gate.answer(.admitted(TunnelPass(realm: "r", userName: "u")))
            let later = try await server.tcp()
            try await later.send(Basics.authenticate("1", uuid: Basics.one, id: 9) + "\n")
            while gate.count < 1 { try await Task.sleep(for: .milliseconds(2)) }
            gate.answer(.admitted(TunnelPass(realm: "r", userName: "u")))
            #expect(try await later.line().contains("NoError"))
        }
    }

    @Test func slowCommand_TimesOut() async throws {
        let gate = LateGate()
        try await TestTime.run(gate: gate, change: { $0.jsonRpcTimeout = .seconds(5) }) { server, time in
            let end = try await server.webSocket()
            try await end.frame(Basics.authenticate("1", uuid: Basics.one, id: 7))
            while gate.count < 1 { try await Task.sleep(for: .milliseconds(2)) }
            try await time.advance(.seconds(5))
            #expect(try await end.frame() == .text(#"{"error":"Command timed out","id":7,"status":"error"}"# + "\n"))
            #expect(try await end.frame() == .close(1011, "API call timeouted."))
        }
    }

    /// The limits an operator may set, to the millisecond; each of them ends the wait it is for and no other.
    @Test func timeLimits_AreThoseOfTheSettings() async throws {
        try await TestTime.run(change: {
            $0.aloneTimeout = .milliseconds(250)
            $0.inactiveTimeout = .milliseconds(400)
        }) { server, time in
            let alone = try await server.webSocket()
            try await alone.frame(Basics.authenticate("1", uuid: Basics.one, id: 7))
            #expect(try await alone.frame()?.text.contains("NoError") == true)
            let silent = try await server.webSocket()
            try await silent.frame(#"{"id":0,"method":"RemoteProxy.Hello"}"#)
            #expect(try await silent.frame()?.text.contains("my-proxy") == true)
            try await time.advance(.milliseconds(249))
            #expect(try await server.server.records().count == 2)
            try await time.advance(.milliseconds(1))
            #expect(
                try await alone.frame() == .close(1011, "Proxy timeout occurred. The tunnel partner did not show up."))
            try await time.advance(.milliseconds(150))
            #expect(try await silent.frame() == .close(1011, "Proxy timeout occurred. The socket was inactive."))
        }
        let gate = LateGate()
        try await TestTime.run(gate: gate, change: { $0.authenticationTimeout = .milliseconds(300) }) { server, time in
            let end = try await server.webSocket()
            try await end.frame(Basics.authenticate("1", uuid: Basics.one, id: 7))
            while gate.count < 1 { try await Task.sleep(for: .milliseconds(2)) }
            try await time.advance(.milliseconds(300))
            #expect(try await end.frame()?.text.contains("AuthenticationErrorTimeout") == true)
        }
    }

    @Test func stop_EndsTunnelsWithTheReason() async throws {
        let ends = Mutex<[TestEnd]>([])
        try await TestServer.run { server in
            let pair = try await MisuseTests.webSocketPair(server)
            ends.withLock { $0 = [pair.0, pair.1] }
        }
        let (first, second) = ends.withLock { ($0[0], $0[1]) }
        let frames = try await [first.frame(), second.frame()]
        #expect(frames.contains(.close(1000, "Stop server")))
        for frame in frames {
            #expect([.close(1000, "Stop server"), .close(1011, "Tunnel client disconnected")].contains(frame))
        }
    }
}

/// Answers when the test says so.
final class LateGate: TunnelGate {
    private let waiting = Mutex<[@Sendable (TunnelVerdict) -> Void]>([])

    var count: Int { waiting.withLock(\.count) }

    func judge(_ request: TunnelAccessRequest, answer: @escaping @Sendable (TunnelVerdict) -> Void) {
        waiting.withLock { $0.append(answer) }
    }

    func answer(_ verdict: TunnelVerdict) {
        let all = waiting.withLock { waiting in
            defer { waiting = [] }
            return waiting
        }
        for answer in all { answer(verdict) }
    }
}
