import BaseTestSupport
import HostilePeer
import Testing
import Transport
import WebSockets

/// The client's half of the opening handshake (RFC 6455, 4.1): what it asks, and which answers open a WebSocket.
@Suite(.timeLimit(.minutes(2))) struct UpgradeAnswerTests {
    /// The value of a header line of a request's head.
    private static func value(_ name: String, _ lines: [String]) -> String? {
        lines.first { $0.lowercased().hasPrefix(name.lowercased() + ": ") }.map { String($0.dropFirst(name.count + 2)) }
    }

    private static func opening(_ lines: [String], more: [String] = []) -> String {
        let accept = OpeningHandshake.accept(value("Sec-WebSocket-Key", lines) ?? "")
        let answer = [
            "HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade",
            "Sec-WebSocket-Accept: \(accept)",
        ]
        return (answer + more).joined(separator: "\r\n") + "\r\n\r\n"
    }

    private static func connect(
        _ server: ScriptedServer, subprotocols: [String] = [], headers: [(String, String)] = []
    ) async throws -> WebSocket {
        try await WebSocketClient.connect(
            .plain(host: "127.0.0.1", port: server.port), tls: nil, path: "/connect?x=1", headers: headers,
            subprotocols: subprotocols)
    }

    /// The example of RFC 6455, 1.3.
    @Test func acceptedKey_IsThatOfTheRFC() {
        #expect(OpeningHandshake.accept("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
        #expect(OpeningHandshake.isKey("dGhlIHNhbXBsZSBub25jZQ==") && !OpeningHandshake.isKey("dGhlIHNhbXBsZQ=="))
    }

    @Test func request_AsksForVersion13WithAFreshKey() async throws {
        try await ScriptedServer.run { peer in
            let lines = try await peer.head() ?? []
            #expect(lines.first == "GET /connect?x=1 HTTP/1.1")
            #expect(Self.value("Authorization", lines) == "Bearer t")
            #expect(Self.value("Upgrade", lines) == "websocket" && Self.value("Connection", lines) == "Upgrade")
            #expect(Self.value("Sec-WebSocket-Version", lines) == "13")
            #expect(Self.value("Sec-WebSocket-Protocol", lines) == "a, b")
            #expect(OpeningHandshake.isKey(Self.value("Sec-WebSocket-Key", lines) ?? ""))
            try await peer.send(Self.opening(lines, more: ["Sec-WebSocket-Protocol: b"]))
            try await peer.waitForEnd()
        } body: { server async throws in
            let socket = try await Self.connect(
                server, subprotocols: ["a", "b"], headers: [("Authorization", "Bearer t")])
            #expect(socket.subprotocol == "b" && socket.isOpen)
            socket.close()
        }
    }

    /// The answer and the first message in two pieces, cut at each byte of both.
    @Test func messageBehindTheAnswer_IsNotLost() async throws {
        let message: [UInt8] = [0x82, 0x03, 7, 8, 9]
        // One cut per connection; the answer always has the same length.
        let length = Self.opening(["Sec-WebSocket-Key: "]).utf8.count
        let cuts = Array(stride(from: 1, to: length, by: 13)) + Array(length - 2...length + message.count)
        try await ScriptedServer.run { peer in
            let bytes = Array(Self.opening(try await peer.head() ?? []).utf8) + message
            try await peer.send(Array(bytes.prefix(cuts[peer.number])))
            try await peer.send(Array(bytes.dropFirst(cuts[peer.number])))
            try await peer.waitForEnd()
        } body: { server async throws in
            for cut in cuts {
                let socket = try await Self.connect(server)
                var messages = socket.messages.makeAsyncIterator()
                guard case .binary(let bytes) = try await messages.next() else {
                    Issue.record("no message at \(cut)")
                    return
                }
                #expect(Array(bytes) == [7, 8, 9])
                socket.close()
            }
        }
    }

    private static let changes: [@Sendable (String) -> String] = [
        { $0.replacing("Sec-WebSocket-Accept: ", with: "Sec-WebSocket-Accept: x") },
        { $0.replacing("Sec-WebSocket-Accept", with: "Sec-WebSocket-Accepted") },
        { $0.replacing("Upgrade: websocket\r\n", with: "") },
        { $0.replacing("Upgrade: websocket", with: "Upgrade: h2c") },
        { $0.replacing("Connection: Upgrade", with: "Connection: keep-alive") },
        { $0.replacing("\r\n\r\n", with: "\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n") },
        { $0.replacing("\r\n\r\n", with: "\r\nSec-WebSocket-Protocol: c\r\n\r\n") },
        { $0.replacing("\r\n\r\n", with: "\r\nSec-WebSocket-Protocol: a\r\nSec-WebSocket-Protocol: b\r\n\r\n") },
        { $0.replacing("HTTP/1.1 101", with: "nonsense") },
    ]

    @Test func answerThatOpensNoWebSocket_IsRefused() async throws {
        try await ScriptedServer.run { peer in
            try await peer.send(Self.changes[peer.number](Self.opening(try await peer.head() ?? [])))
            try await peer.waitForEnd()
        } body: { server async throws in
            for number in Self.changes.indices {
                await #expect(throws: TransportError.self, "\(number)") {
                    try await Self.connect(server, subprotocols: ["a", "b"])
                }
            }
        }
    }

    @Test func refusal_HasStatusHeadersAndTheBeginningOfItsBody() async throws {
        let body = [UInt8](repeating: 7, count: 100_000)
        try await ScriptedServer.run { peer in
            _ = try await peer.head()
            try await peer.answer(401, headers: ["X-Why: token"], body)
            try await peer.waitForEnd()
        } body: { server async throws in
            let refusal = await #expect(throws: WebSocketClient.Refusal.self) { try await Self.connect(server) }
            #expect(refusal?.response.status == 401 && refusal?.response.header("x-why") == "token")
            #expect(refusal?.response.body == Array(body.prefix(64 << 10)))
        }
    }

    @Test func connectionThatEndsBeforeTheAnswer_IsClosed() async throws {
        try await ScriptedServer.run { peer in
            let answer = Array(Self.opening(try await peer.head() ?? []).utf8)
            try await peer.send(Array(answer.prefix(peer.number * 20)))
        } body: { server async throws in
            for number in 0..<6 {
                await #expect(throws: TransportError.self, "\(number)") { try await Self.connect(server) }
            }
        }
    }
}
