import Foundation
import HostilePeer
import HubHTTP
import Testing
import Transport
import WebSockets

/// Real connections between both ends, and clients that keep no rule.
@Suite(.timeLimit(.minutes(1))) struct WebSocketTests {
    static let opening = """
        GET /echo HTTP/1.1\r\nHost: hub\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n\
        Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nAuthorization: Bearer right\r\n
        """

    private static func connect(
        _ hub: EchoHub, token: String = "right", subprotocols: [String] = [],
        limits: WebSocketLimits = WebSocketLimits(closing: .seconds(30))
    ) async throws -> WebSocket {
        try await WebSocketClient.connect(
            .plain(host: "127.0.0.1", port: hub.port), tls: nil, path: "/echo",
            headers: [("Authorization", "Bearer \(token)")], subprotocols: subprotocols, socketLimits: limits)
    }

    @Test func messages_ComeBack_AndCloseIsClean() async throws {
        try await EchoHub.run { hub in
            let socket = try await Self.connect(hub, subprotocols: ["other", "echo"])
            #expect(socket.subprotocol == "echo")
            var messages = socket.messages.makeAsyncIterator()
            for message in [WebSocketMessage.text("grüß"), .binary([]), .binary([UInt8](repeating: 9, count: 4096))] {
                try await socket.send(message)
                #expect(try await messages.next() == message)
            }
            socket.close(.normal)
            #expect(try await messages.next() == nil)
            await socket.closed()
            #expect(try await hub.log.waitForLines() == ["closed 1000"])
            await #expect(throws: WebSocketError.closed) { try await socket.send(.text("late")) }
        }
    }

    @Test func refusedRequest_GetsTheRoutesAnswer() async throws {
        try await EchoHub.run { hub in
            do {
                _ = try await Self.connect(hub, token: "wrong")
                Issue.record("connected")
            } catch let refusal as WebSocketClient.Refusal {
                #expect(refusal.response.status == 401)
                #expect(String(decoding: refusal.response.body, as: UTF8.self).contains("who are you?"))
            }
            let plain = try await HTTPConnection.connect(.plain(host: "127.0.0.1", port: hub.port), tls: nil)
            #expect(try await plain.send(HTTPExchangeRequest(path: "/plain")).status == 200)
            let answer = try await plain.send(
                HTTPExchangeRequest(path: "/echo", headers: [("Authorization", "Bearer right")]))
            #expect(answer.status == 400)
        }
    }

    @Test func upgradeOnAUsedConnection_Works() async throws {
        try await EchoHub.run { hub in
            let peer = try await RawPeer(port: hub.port)
            try await peer.send("GET /plain HTTP/1.1\r\nHost: hub\r\n\r\n")
            #expect(try await peer.text(until: "plain\n").hasPrefix("HTTP/1.1 200"))
            try await peer.send(Self.opening + "\r\n")
            let answer = try await peer.text(until: "\r\n\r\n")
            #expect(answer.hasPrefix("HTTP/1.1 101"))
            #expect(answer.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="))
            try await peer.send([0x81, 0x81, 0, 0, 0, 0, 0x61])
            #expect(try await peer.bytes(3) == [0x81, 0x01, 0x61])
            try? await peer.end()
        }
    }

    @Test(arguments: [
        ("Sec-WebSocket-Version: 13", "Sec-WebSocket-Version: 8", 426),
        ("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Key: short", 400),
        ("Connection: keep-alive, Upgrade", "Connection: close", 400),
        ("Host: hub", "Host: hub\r\nOrigin: https://evil.example", 403),
        ("Host: hub", "Host: hub\r\nOrigin: null", 403),
        ("Host: hub", "Host: hub\r\nOrigin: https://hub", 101), ("Upgrade: websocket", "Upgrade: h2c", 400),
        ("GET /echo", "POST /echo", 404),
    ])
    func openingHandshake_IsChecked(_ good: String, _ changed: String, _ status: Int) async throws {
        try await EchoHub.run { hub in
            let peer = try await RawPeer(port: hub.port)
            let request = Self.opening + "\r\n"
            guard let range = request.firstRange(of: good) else {
                Issue.record("not in the request: \(good)")
                return
            }
            try await peer.send(request.replacingCharacters(in: range, with: changed))
            #expect(try await peer.text(until: "\r\n\r\n").hasPrefix("HTTP/1.1 \(status)"))
            try? await peer.end()
        }
    }

    /// All in one piece: the answer is still being decoded when the client must answer the first ping.
    @Test func pingInTheSamePieceAsTheHubsAnswer_IsAnswered() async throws {
        try await ScriptedServer.run(script: { peer in
            let key = try await peer.request()?.headers["sec-websocket-key"] ?? ""
            let answer = """
                HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r
                Sec-WebSocket-Accept: \(OpeningHandshake.accept(key))\r\n\r\n
                """
            try await peer.send(Array(answer.utf8) + [0x89, 0x01, 0x70, 0x81, 0x01, 0x61, 0x88, 0x02, 0x03, 0xE8])
            try await peer.waitForEnd()
        }) { server in
            let socket = try await WebSocketClient.connect(
                .plain(host: "127.0.0.1", port: server.port), tls: nil, path: "/echo")
            var messages = socket.messages.makeAsyncIterator()
            #expect(try await messages.next() == .text("a"))
            #expect(try await messages.next() == nil)
            await socket.closed()
            #expect(socket.closeCode == .normal)
        }
    }

    /// What a client must not send, and the code it is told.
    @Test(
        arguments: [
            ([0x81, 0x01, 0x61], 1002), ([0xC1, 0x81, 0, 0, 0, 0, 0x61], 1002), ([0x80, 0x80, 0, 0, 0, 0], 1002),
            ([0x83, 0x80, 0, 0, 0, 0], 1002), ([0x8B, 0x80, 0, 0, 0, 0], 1002), ([0x81, 0x81, 0, 0, 0, 0, 0xFF], 1007),
            ([0x09, 0x80, 0, 0, 0, 0], 1002), ([0x89, 0xFE, 0, 126, 0, 0, 0, 0], 1002),
            ([0x82, 0xFE, 0x10, 0x01, 0, 0, 0, 0], 1009),
            ([0x82, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0], 1009),
            ([0x82, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0], 1009),
            ([0x88, 0x81, 0, 0, 0, 0, 3], 1002), ([0x88, 0x82, 0, 0, 0, 0, 0x03, 0xED], 1002),
            (
                [UInt8](repeating: 0, count: 0) + [0x02, 0x80, 0, 0, 0, 0]
                    + [[UInt8]](repeating: [0x00, 0x80, 0, 0, 0, 0], count: 9).flatMap(\.self), 1009
            ),
        ] as [([UInt8], Int)])
    func hostileFrames_EndTheConnectionWithACode(_ frames: [UInt8], _ code: Int) async throws {
        try await EchoHub.run { hub in
            let peer = try await RawPeer(port: hub.port)
            try await peer.send(Self.opening + "\r\n")
            _ = try await peer.text(until: "\r\n\r\n")
            try await peer.send(frames)
            #expect(try await peer.bytes(4) == [0x88, 0x02, UInt8(code >> 8), UInt8(code & 255)])
            try await peer.waitForEnd()
            #expect(try await hub.log.waitForLines().first?.hasPrefix("violated") == true)
        }
    }

    @Test func pingIsAnswered_AndCloseIsEchoed() async throws {
        try await EchoHub.run { hub in
            let peer = try await RawPeer(port: hub.port)
            try await peer.send(Self.opening + "\r\n")
            _ = try await peer.text(until: "\r\n\r\n")
            try await peer.send([0x89, 0x82, 0, 0, 0, 0, 5, 6])
            #expect(try await peer.bytes(4) == [0x8A, 0x02, 5, 6])
            try await peer.send([0x88, 0x82, 0, 0, 0, 0, 0x0F, 0xA0])
            #expect(try await peer.bytes(4) == [0x88, 0x02, 0x0F, 0xA0])
            try await peer.waitForEnd()
            #expect(try await hub.log.waitForLines() == ["closed 4000"])
        }
    }

    @Test func shutdownOfTheHub_IsSaidGoodbye() async throws {
        try await EchoHub.run { hub in
            let socket = try await Self.connect(hub)
            try await socket.send(.text("a"))
            var messages = socket.messages.makeAsyncIterator()
            #expect(try await messages.next() == .text("a"))
            await hub.shutdown()
            #expect(try await messages.next() == nil)
            await socket.closed()
            #expect(socket.closeCode == .goingAway)
            #expect(try await hub.log.waitForLines() == ["closed 1001"])
        }
    }

    @Test func brokenConnection_IsLost() async throws {
        try await EchoHub.run { hub in
            let peer = try await RawPeer(port: hub.port)
            try await peer.send(Self.opening + "\r\n")
            _ = try await peer.text(until: "\r\n\r\n")
            try? await peer.end()
            #expect(try await hub.log.waitForLines() == ["lost"])
        }
    }

    /// The hub floods; a client that takes nothing stops it, and memory stays bounded by what the kernel holds.
    @Test func peerThatTakesNothing_StopsTheSender_ThenIsDropped() async throws {
        let sent = EchoHub.Log()
        var limits = WebSocketLimits()
        limits.sending = .milliseconds(400)
        try await EchoHub.run(
            limits: limits,
            serve: { socket in
                while true {
                    try await socket.send(.binary([UInt8](repeating: 1, count: 60_000)))
                    sent.add("")
                }
            }
        ) { hub in
            let peer = try await RawPeer(port: hub.port)
            try await peer.send(Self.opening + "\r\n")
            #expect(try await hub.log.waitForLines() == ["timedOut"])
            #expect(sent.all.count < 200)
            try? await peer.end()
        }
    }

    /// The hub reads nothing: a client's flood waits on the client's side.
    @Test func readerThatTakesNothing_StopsThePeer() async throws {
        let sent = EchoHub.Log()
        try await EchoHub.run(serve: { _ in try await Task.sleep(for: .seconds(30)) }) { hub in
            let socket = try await Self.connect(hub)
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    while (try? await socket.send(.binary([UInt8](repeating: 1, count: 4000)))) != nil { sent.add("") }
                }
                var before = -1
                while before != sent.all.count {
                    before = sent.all.count
                    try? await Task.sleep(for: .milliseconds(500))
                }
                #expect(before < 5000)
                socket.close()
                await group.waitForAll()
            }
        }
    }
}
