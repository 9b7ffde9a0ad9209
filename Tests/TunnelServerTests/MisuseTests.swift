import Testing
import TunnelServer

/// What clients do wrong (docs/protocols/tunnel.md A3, A9), and what is answered.
@Suite(.timeLimit(.minutes(3))) struct MisuseTests {
    struct Refusal: Sendable, CustomTestStringConvertible {
        let request: String
        let answer: String
        let reason: String
        var testDescription: String { request }

        init(_ request: String, _ answer: String, _ reason: String) {
            self.request = request
            self.answer = answer
            self.reason = reason
        }
    }

    static let refusals = [
        Refusal(
            #"{"method":"RemoteProxy.Hello"}"#,
            #"{"error":"Error parsing command. Missing 'id'","id":-1,"status":"error"}"#,
            "The id property is missing in the request."),
        Refusal(
            #"[1,2]"#, #"{"error":"Error parsing command. Missing 'id'","id":-1,"status":"error"}"#,
            "The id property is missing in the request."),
        Refusal(
            #"{"id":1,"method":"RemoteProxy.Hello","params":{"a":1}}"#,
            #"{"error":"Invalid params: Forbidden key \"a\" in {\n    \"a\": 1\n}\n","id":1,"status":"error"}"#,
            "Invalid params passed."),
        Refusal(
            #"{"id":2,"method":"Hello"}"#,
            #"{"error":"Error parsing method. Got: 'Hello'', Expected: 'Namespace.method'","id":2,"status":"error"}"#,
            "Invalid method passed."),
        Refusal(
            #"{"id":3,"method":"Nobody.Hello"}"#, #"{"error":"No such namespace","id":3,"status":"error"}"#,
            "No such namespace."),
        Refusal(
            #"{"id":3,"method":"TunnelProxy.Ping"}"#, #"{"error":"No such namespace","id":3,"status":"error"}"#,
            "No such namespace."),
        Refusal(
            #"{"id":9007199254740993,"method":"RemoteProxy.hello"}"#,
            #"{"error":"No such method","id":9007199254740993,"status":"error"}"#, "No such method."),
        Refusal(
            #"{"id":4,"method":"RemoteProxy.TunnelEstablished"}"#,
            #"{"error":"No such method","id":4,"status":"error"}"#, "No such method."),
        Refusal(
            #"{"id":5,"method":"Authentication.Authenticate","params":{"token":"t"}}"#,
            #"{"error":"Invalid params: Missing key name in {\n    \"token\": \"t\"\n}\n","id":5,"status":"error"}"#,
            "Invalid params passed."),
        Refusal(
            #"{"id":5,"method":"Authentication.Authenticate","params":{"name":"n","token":{"x":1},"uuid":"u"}}"#,
            #"{"error":"Invalid params: Param  is not a string.","id":5,"status":"error"}"#, "Invalid params passed."),
        Refusal(
            "hello",
            #"{"error":"Failed to parse JSON data: illegal value","id":-1,"status":"error"}"#,
            "Invalid JSON data received."),
        Refusal(
            #"{"id":}"#,
            #"{"error":"Failed to parse JSON data: illegal value","id":-1,"status":"error"}"#,
            "Invalid JSON data received."),
        Refusal(
            #"{id:1}"#,
            #"{"error":"Failed to parse JSON data: unterminated object","id":-1,"status":"error"}"#,
            "Invalid JSON data received."),
    ]

    @Test(arguments: refusals) func wrongRequest_IsAnsweredAndEndsTheConnection(_ refusal: Refusal) async throws {
        try await TestServer.run { server in
            let stream = try await server.tcp()
            try await stream.send(refusal.request + "\r\n")
            #expect(try await stream.line() == refusal.answer + "\n")
            #expect(try await stream.rest().isEmpty)
            let webSocket = try await server.webSocket()
            try await webSocket.frame(refusal.request)
            #expect(try await webSocket.frame() == .text(refusal.answer + "\n"))
            #expect(try await webSocket.frame() == .close(1011, refusal.reason))
        }
    }

    @Test func requestsInPieces_AreJoinedAndCut() async throws {
        try await TestServer.run { server in
            let hello = #"{"id":1,"method":"RemoteProxy.Hello","params":{}}"#
            let stream = try await server.tcp()
            for byte in Array(hello.utf8) { try await stream.send([byte]) }
            _ = try await stream.line()
            try await stream.send("\t\r\n " + hello + hello + "\n\r\n" + hello)
            for _ in 0..<3 { #expect(try await stream.line().contains("my-proxy")) }
            let webSocket = try await server.webSocket()
            try await webSocket.frame("")
            try await webSocket.frame("\n")
            try await webSocket.frame(String(hello.prefix(20)))
            try await webSocket.frame(String(hello.dropFirst(20)))
            try await webSocket.frame(hello + "\n" + hello)
            for _ in 0..<3 { #expect(try await webSocket.frame()?.text.contains("my-proxy") == true) }
        }
    }

    @Test func endlessDocument_EndsTheConnection() async throws {
        try await TestServer.run { server in
            let stream = try await server.tcp()
            try await stream.send(#"{"id":1,"method":""# + String(repeating: "x", count: 70_000))
            #expect(try await stream.rest().isEmpty)
            let large = try await server.tcp()
            let name = String(repeating: "n", count: 16_000)
            try await large.send(
                RendezvousTests.authenticate(name, uuid: RendezvousTests.one))
            #expect(try await large.line() == RendezvousTests.accepted)
            let webSocket = try await server.webSocket()
            try await webSocket.frame(#"{"id":1,"method":""# + String(repeating: "x", count: 70_000))
            #expect(try await webSocket.frame() == .close(1011, "Data buffer size violation."))
        }
    }

    @Test func dataWhileWaiting_EndsTheConnection() async throws {
        try await TestServer.run { server in
            let text = "Data received while authenticated but not remote connected."
            for data in ["x", RendezvousTests.authenticate("again", uuid: RendezvousTests.one)] {
                let webSocket = try await server.webSocket()
                try await webSocket.frame(RendezvousTests.authenticate("one", uuid: RendezvousTests.one))
                _ = try await webSocket.frame()
                try await webSocket.frame([1], opcode: 9)
                #expect(try await webSocket.frame() == TestEnd.Frame(opcode: 10, payload: [1]))
                try await webSocket.frame(data)
                #expect(try await webSocket.frame() == .close(1011, text))
                let stream = try await server.tcp()
                try await stream.send(RendezvousTests.authenticate("one", uuid: RendezvousTests.one))
                _ = try await stream.line()
                try await stream.send("\n")
                try await Task.sleep(for: .milliseconds(20))
                try await stream.send(data)
                #expect(try await stream.rest().isEmpty)
            }
        }
    }

    @Test func binaryMessage_EndsTheConnectionInAnyPhase() async throws {
        try await TestServer.run { server in
            let reason = "Binary message not expected."
            let fresh = try await server.webSocket()
            try await fresh.frame([1, 2], opcode: 2)
            #expect(try await fresh.frame() == .close(1011, reason))
            let waiting = try await server.webSocket()
            try await waiting.frame(RendezvousTests.authenticate("one", uuid: RendezvousTests.one))
            _ = try await waiting.frame()
            try await waiting.frame([1, 2], opcode: 2)
            #expect(try await waiting.frame() == .close(1011, reason))
            let (first, second) = try await Self.webSocketPair(server)
            try await first.frame([1, 2], opcode: 2)
            #expect(try await first.frame() == .close(1011, reason))
            #expect(try await second.frame() == .close(1011, "Tunnel client disconnected"))
        }
    }

    @Test func textThatIsNoUTF8_Ends1007() async throws {
        try await TestServer.run { server in
            let (first, second) = try await Self.webSocketPair(server)
            try await first.frame([0x61, 0xC3, 0x28])
            #expect(try await first.frame() == .close(1007, "Invalid UTF-8 code encountered."))
            #expect(try await second.frame() == .close(1011, "Tunnel client disconnected"))
        }
    }

    @Test func brokenFrames_EndTheConnection() async throws {
        try await TestServer.run { server in
            let frames: [([UInt8], Int)] = [
                ([0x81, 0x01, 0x61], 1002), ([0xC1, 0x80, 0, 0, 0, 0], 1002), ([0x83, 0x80, 0, 0, 0, 0], 1002),
                ([0x80, 0x80, 0, 0, 0, 0], 1002), ([0x09, 0x80, 0, 0, 0, 0], 1002),
                ([0x89, 0xFE, 0, 126, 0, 0, 0, 0], 1002),
                ([0x81, 0xFF, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0], 1009),
                ([0x81, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0], 1009),
            ]
            for (bytes, code) in frames {
                let end = try await server.webSocket()
                try await end.send(bytes)
                let frame = try #require(try await end.frame())
                #expect(frame.opcode == 8)
                #expect(Int(frame.payload[0]) << 8 | Int(frame.payload[1]) == code)
            }
        }
    }

    @Test func oldWebSocketsAndPlainRequests_AreRefused() async throws {
        try await TestServer.run { server in
            let old = try await TestEnd.connect(port: server.port("tunnelWebSocket"), root: server.root)
            let head = try await old.upgrade(version: "8")
            #expect(head.hasPrefix("HTTP/1.1 400 Bad Request"))
            #expect(head.contains("Sec-WebSocket-Version: 13"))
            let plain = try await TestEnd.connect(port: server.port("tunnelWebSocket"), root: server.root)
            try await plain.send("GET / HTTP/1.1\r\nHost: hub\r\n\r\n")
            #expect(try await plain.rest().isEmpty)
            let other = try await TestEnd.connect(port: server.port("tunnelWebSocket"), root: server.root)
            #expect(try await other.upgrade(path: "/any/path?q=1").hasPrefix("HTTP/1.1 101"))
        }
    }

    @Test func silence_EndsConnections() async throws {
        try await TestTime.run { server, time in
            let silent = try await server.webSocket()
            try await time.advance(.seconds(8))
            #expect(try await silent.frame() == .close(1011, "Proxy timeout occurred. The socket was inactive."))
            let alone = try await server.webSocket()
            try await alone.frame(RendezvousTests.authenticate("one", uuid: RendezvousTests.one))
            _ = try await alone.frame()
            try await time.advance(.seconds(8))
            #expect(
                try await alone.frame() == .close(1011, "Proxy timeout occurred. The tunnel partner did not show up."))
            let proxy = try await server.webSocket(.proxy)
            try await time.advance(.seconds(8))
            #expect(
                try await proxy.frame()
                    == .close(1011, "Tunnelproxy client timeout occurred. The socket was inactive."))
            let stream = try await server.tcp()
            try await stream.send(#"{"id":0,"method":"RemoteProxy.Hello"}"#)
            _ = try await stream.line()
            try await time.advance(.seconds(8))
            #expect(try await stream.rest().isEmpty)
        }
    }

    @Test func noHandshakeOrUpgrade_EndsConnections() async throws {
        try await TestServer.run(change: {
            $0.handshakeTimeout = .seconds(1)
            $0.upgradeTimeout = .seconds(1)
        }) { server in
            let noTLS = try await TestEnd.connect(port: server.port("tunnelTCP"))
            #expect(try await noTLS.rest().isEmpty)
            let noUpgrade = try await TestEnd.connect(port: server.port("tunnelWebSocket"), root: server.root)
            #expect(try await noUpgrade.rest().isEmpty)
        }
    }

    static func webSocketPair(_ server: TestServer, isSmall: Bool = false) async throws -> (TestEnd, TestEnd) {
        let first = try await server.webSocket(isSmall: isSmall)
        try await first.frame(RendezvousTests.authenticate("first", uuid: RendezvousTests.one))
        _ = try await first.frame()
        let second = try await server.webSocket(isSmall: isSmall)
        try await second.frame(RendezvousTests.authenticate("second", uuid: RendezvousTests.two))
        _ = try await second.frame()
        _ = try await first.frame()
        _ = try await second.frame()
        return (first, second)
    }
}
