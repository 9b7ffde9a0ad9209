import Testing
import TunnelServer
import Wire

/// Recorded exchanges of part B, and the faults of the releases that we don't have.
@Suite(.timeLimit(.minutes(3))) struct ProxyTests {
    static let serverUUID = "{aaaaaaaa-0000-4000-8000-000000000001}"
    static let ok = #"{"id":0,"params":{"tunnelProxyError":"TunnelProxyErrorNoError"},"status":"success"}"# + "\n"

    static func registerServer(_ uuid: String = serverUUID, id: Int = 0) -> String {
        #"{"id":\#(id),"method":"TunnelProxy.RegisterServer","params":{"serverName":"srv","serverUuid":"\#(uuid)"}}"#
    }

    static func registerClient(_ number: Int, server: String = serverUUID) -> String {
        let digits = String(100_000_000_000 + number)
        return
            #"{"id":0,"method":"TunnelProxy.RegisterClient","params":{"clientName":"cli","clientUuid":"{cccccccc-0000-4000-8000-\#(digits)}","serverUuid":"\#(server)"}}"#
    }

    static func connected(_ id: Int, _ number: Int, _ address: Int) -> String {
        #"{"id":\#(id),"notification":"TunnelProxy.ClientConnected","params":{"clientName":"cli","clientPeerAddress":"127.0.0.1","clientUuid":"{cccccccc-0000-4000-8000-\#(100_000_000_000 + number)}","socketAddress":\#(address)}}"#
            + "\n"
    }

    static func registered(_ server: TestServer) async throws -> TestEnd {
        let end = try await server.tcp(.proxy)
        try await end.send(registerServer() + "\n")
        #expect(
            try await end.line()
                == #"{"id":0,"params":{"slipEnabled":true,"tunnelProxyError":"TunnelProxyErrorNoError"},"status":"success"}"#
                + "\n")
        return end
    }

    @Test(arguments: [false, true]) func recordedSession(overUnixSocket: Bool) async throws {
        try await TestServer.run { server in
            let device = try await Self.registered(server)
            let client = overUnixSocket ? try await server.unix(.proxy) : try await server.tcp(.proxy)
            try await client.send(Self.registerClient(1) + "\n")
            try await Self.expect(device, 0, Self.connected(0, 1, 1))
            #expect(try await client.line() == Self.ok)
            try await client.send("hello\n")
            try await Self.expect(device, 1, "hello\n")
            try await device.send(SLIP.frame(address: 1, Array("from server".utf8)))
            #expect(try await client.read(11) == Array("from server".utf8))
            try await device.send(
                SLIP.frame(
                    address: 0, Array(#"{"id":9,"method":"TunnelProxy.Ping","params":{"timestamp":1234}}"#.utf8)))
            try await Self.expect(device, 0, #"{"id":9,"params":{"timestamp":1234},"status":"success"}"# + "\n")
            try await device.send(
                SLIP.frame(
                    address: 0,
                    Array(#"{"id":10,"method":"TunnelProxy.DisconnectClient","params":{"socketAddress":1}}"#.utf8)))
            try await Self.expect(
                device, 0,
                #"{"id":1,"notification":"TunnelProxy.ClientDisconnected","params":{"socketAddress":1}}"# + "\n")
            try await Self.expect(
                device, 0,
                #"{"id":10,"params":{"tunnelProxyError":"TunnelProxyErrorNoError"},"status":"success"}"# + "\n")
            #expect(try await client.rest().isEmpty)
            try await device.send(
                SLIP.frame(
                    address: 0,
                    Array(#"{"id":11,"method":"TunnelProxy.DisconnectClient","params":{"socketAddress":1}}"#.utf8)))
            try await Self.expect(
                device, 0,
                #"{"id":11,"params":{"tunnelProxyError":"TunnelProxyErrorUnknownSocketAddress"},"status":"success"}"#
                    + "\n")
        }
    }

    @Test func allBytesAndAddresses_ComeThrough() async throws {
        try await TestServer.run(change: {
            $0.limits.perDevice = 300
        }) { server in
            let device = try await Self.registered(server)
            var clients: [TestEnd] = []
            for number in 1...220 {
                let client = try await server.unix(.proxy)
                try await client.send(Self.registerClient(number))
                #expect(try await client.line() == Self.ok)
                clients.append(client)
            }
            var reader = Frames(device)
            for number in 1...220 {
                #expect(try await reader.next().text == Self.connected(number - 1, number, number))
            }
            let all = (0...255).map { UInt8($0) }
            for address in [1, 192, 219, 220] {
                try await device.send(SLIP.frame(address: UInt16(address), all))
                #expect(try await clients[address - 1].read(256) == all)
                try await clients[address - 1].send(all)
                let frame = try await reader.next()
                #expect(frame.address == address && frame.content == all)
            }
        }
    }

    @Test func wrongUUIDs_AreAnsweredAndMayBeTriedAgain() async throws {
        try await TestServer.run { server in
            let device = try await Self.registered(server)
            let client = try await server.tcp(.proxy)
            for uuid in ["", "nonsense", "{00000000-0000-0000-0000-000000000000}"] {
                try await client.send(Self.registerClient(1, server: uuid))
                #expect(try await client.line().contains("TunnelProxyErrorInvalidUuid"))
            }
            // A client's UUID that a server has.
            let crossed = Self.registerClient(1).replacing(
                "{cccccccc-0000-4000-8000-100000000001}", with: Self.serverUUID)
            let other = try await server.webSocket(.proxy)
            try await other.frame(crossed)
            #expect(try await other.frame()?.payload.isEmpty == false)
            #expect(try await other.frame() == .close(1011, "UUID cross registeration"))
            try await client.send(Self.registerClient(1))
            #expect(try await client.line() == Self.ok)
            try await device.close()
        }
    }

    @Test func pings_GiveBackWhatTheyBrought() async throws {
        try await TestServer.run { server in
            let end = try await server.tcp(.proxy)
            for value in ["0", "1.5", "-7", "\"text\"", "null", "true"] {
                try await end.send(#"{"id":1,"method":"TunnelProxy.Ping","params":{"timestamp":\#(value)}}"# + "\n")
                #expect(
                    try await end.line() == #"{"id":1,"params":{"timestamp":\#(value)},"status":"success"}"# + "\n")
            }
        }
    }

    @Test func serverThatSendsAClientAway_IsNamedAsTheReason() async throws {
        try await TestServer.run { server in
            let device = try await Self.registered(server)
            let client = try await server.webSocket(.proxy)
            try await client.frame(Self.registerClient(1))
            #expect(try await client.frame() == .text(Self.ok))
            // The beginning of a character: it leaves before the reason.
            try await device.send(SLIP.frame(address: 1, [0xE2, 0x82]))
            try await device.send(
                SLIP.frame(
                    address: 0,
                    Array(#"{"id":10,"method":"TunnelProxy.DisconnectClient","params":{"socketAddress":1}}"#.utf8)))
            let rest = try await client.frame()
            #expect(rest?.payload == [0xE2, 0x82] && rest?.opcode == 2)
            #expect(try await client.frame() == .close(1011, "Server requested disconnect."))
        }
    }

    @Test func badFrames_AreLeftOutAndTheStreamGoesOn() async throws {
        try await TestServer.run { server in
            let device = try await Self.registered(server)
            let client = try await server.tcp(.proxy)
            try await client.send(Self.registerClient(1))
            _ = try await client.line()
            let good = SLIP.frame(address: 1, Array("good".utf8))
            try await device.send([0xC0, 0xC0] + good)
            try await device.send([0x00, 0x01, 0xDB, 0x41, 0x42, 0xC0] + good)
            try await device.send([0x00, 0x01, 0xDB, 0xC0] + good)
            try await device.send([0x07, 0xC0] + good + SLIP.frame(address: 77, Array("nobody".utf8)))
            try await device.send(good.flatMap { [$0] })
            for byte in good { try await device.send([byte]) }
            #expect(try await client.read(24) == Array(repeating: "good", count: 6).joined().utf8.map { $0 })
        }
    }

    @Test func endlessFrame_EndsTheServer() async throws {
        try await TestServer.run { server in
            let device = try await Self.registered(server)
            let client = try await server.tcp(.proxy)
            try await client.send(Self.registerClient(1))
            _ = try await client.line()
            for _ in 0..<20 { device.post([UInt8](repeating: 1, count: 64 * 1024)) }
            _ = try await device.rest()
            #expect(try await client.rest().isEmpty)
        }
    }

    @Test func requestThatIsNoJSON_EndsTheServer() async throws {
        try await TestServer.run { server in
            let device = try await Self.registered(server)
            let client = try await server.webSocket(.proxy)
            try await client.frame(Self.registerClient(1))
            #expect(try await client.frame() == .text(Self.ok))
            try await Self.expect(device, 0, Self.connected(0, 1, 1))
            try await device.send(SLIP.frame(address: 0, Array("{oops".utf8)))
            try await Self.expect(
                device, 0,
                #"{"error":"Failed to parse JSON data: unterminated object","id":-1,"status":"error"}"# + "\n")
            #expect(try await client.frame() == .close(1011, "Server disconnected"))
        }
    }

    @Test func dataBehindTheRegistration_IsRelayed() async throws {
        try await TestServer.run { server in
            let device = try await Self.registered(server)
            let client = try await server.tcp(.proxy)
            try await client.send(Self.registerClient(1) + "\nGET / HTTP/1.0\r\n\r\n")
            try await Self.expect(device, 0, Self.connected(0, 1, 1))
            try await Self.expect(device, 1, "GET / HTTP/1.0\r\n\r\n")
        }
    }

    @Test func webSocketServer_UsesBinaryMessages() async throws {
        try await TestServer.run { server in
            let device = try await server.webSocket(.proxy)
            try await device.frame(Self.registerServer())
            #expect(try await device.frame()?.text.contains(#""slipEnabled":true"#) == true)
            let client = try await server.webSocket(.proxy)
            try await client.frame(Self.registerClient(1))
            #expect(try await client.frame() == .text(Self.ok))
            _ = try await device.frame()
            try await client.frame("text")
            #expect(
                try await device.frame()
                    == TestEnd.Frame(opcode: 2, payload: SLIP.frame(address: 1, Array("text".utf8))))
            let frame = SLIP.frame(address: 1, Array("answer".utf8))
            try await device.frame(Array(frame.prefix(4)), opcode: 2)
            try await device.frame(Array(frame.dropFirst(4)), opcode: 2)
            #expect(try await client.frame() == .text("answer"))
            try await client.frame([0, 255], opcode: 2)
            #expect(try await device.frame() == TestEnd.Frame(opcode: 2, payload: SLIP.frame(address: 1, [0, 255])))
            try await device.frame(SLIP.frame(address: 1, [0, 255]), opcode: 2)
            #expect(try await client.frame() == TestEnd.Frame(opcode: 2, payload: [0, 255]))
        }
    }

    @Test func wrongRegistrations_AreAnswered() async throws {
        try await TestServer.run { server in
            func error(_ name: String, slip: Bool = false) -> String {
                #"{"id":0,"params":{\#(slip ? #""slipEnabled":false,"# : "")"tunnelProxyError":"TunnelProxyError\#(name)"},"status":"success"}"#
                    + "\n"
            }
            let device = try await Self.registered(server)
            let end = try await server.webSocket(.proxy)
            try await end.frame(Self.registerServer("nonsense"))
            #expect(try await end.frame() == .text(error("InvalidUuid", slip: true)))
            try await end.frame(Self.registerServer("{00000000-0000-0000-0000-000000000000}"))
            #expect(try await end.frame() == .text(error("InvalidUuid", slip: true)))
            try await end.frame(#"{"id":5,"method":"TunnelProxy.Ping","params":{"timestamp":"x1.5"}}"#)
            #expect(
                try await end.frame() == .text(#"{"id":5,"params":{"timestamp":"x1.5"},"status":"success"}"# + "\n"))
            try await end.frame(Self.registerServer())
            #expect(try await end.frame() == .text(error("AlreadyRegistered", slip: true)))
            #expect(try await end.frame() == .close(1011, "Already registered"))
            let stranger = try await server.webSocket(.proxy)
            try await stranger.frame(Self.registerClient(1, server: "{aaaaaaaa-0000-4000-8000-000000000009}"))
            #expect(try await stranger.frame() == .text(error("ServerNotFound")))
            #expect(try await stranger.frame() == .close(1011, "Unknown server"))
            let first = try await server.webSocket(.proxy)
            try await first.frame(Self.registerClient(1))
            #expect(try await first.frame() == .text(Self.ok))
            let second = try await server.webSocket(.proxy)
            try await second.frame(Self.registerClient(1))
            #expect(try await second.frame() == .text(error("AlreadyRegistered")))
            #expect(try await second.frame() == .close(1011, "Already registered"))
            let crossed = try await server.webSocket(.proxy)
            try await crossed.frame(Self.registerServer("cccccccc-0000-4000-8000-100000000001"))
            #expect(try await crossed.frame() == .text(error("AlreadyRegistered", slip: true)))
            #expect(try await crossed.frame() == .close(1011, "UUID cross registeration"))
            let forbidden = try await server.webSocket(.proxy)
            try await forbidden.frame(
                #"{"id":0,"method":"TunnelProxy.DisconnectClient","params":{"socketAddress":1}}"#)
            #expect(try await forbidden.frame() == .text(error("ForbiddenCall")))
            #expect(try await forbidden.frame()?.opcode == 8)
            let foreign = try await server.webSocket(.proxy)
            try await foreign.frame(RendezvousTests.authenticate("1", uuid: RendezvousTests.one))
            #expect(try await foreign.frame()?.text.contains("No such namespace") == true)
            try await device.send(SLIP.frame(address: 0, Array(Self.registerServer().utf8)))
            var reader = Frames(device)
            #expect(try await reader.next().text == Self.connected(0, 1, 1))
            #expect(try await reader.next().text == error("AlreadyRegistered", slip: true))
            #expect(try await first.frame() == .close(1011, "Server disconnected"))
        }
    }

    @Test func silentServer_IsDropped() async throws {
        try await TestTime.run(change: { $0.serverSilence = .seconds(60) }) { server, time in
            let device = try await Self.registered(server)
            try await time.advance(.seconds(63))
            #expect(try await device.rest().isEmpty)
        }
    }

    /// The next frame of a server must be this.
    static func expect(_ end: TestEnd, _ address: UInt16, _ content: String) async throws {
        let wanted = SLIP.frame(address: address, Array(content.utf8))
        #expect(try await end.read(wanted.count) == wanted)
    }
}

/// Reads frames that a server gets.
struct Frames {
    struct Frame {
        let address: Int
        let content: [UInt8]
        var text: String { String(decoding: content, as: UTF8.self) }
    }

    private let end: TestEnd

    init(_ end: TestEnd) {
        self.end = end
    }

    mutating func next() async throws -> Frame {
        var bytes: [UInt8] = []
        while true {
            let byte = try await end.read(1)
            guard let byte = byte.first else { throw Ended() }
            if byte == 0xC0 { break }
            guard byte == 0xDB else {
                bytes.append(byte)
                continue
            }
            bytes.append(try await end.read(1).first == 0xDC ? 0xC0 : 0xDB)
        }
        return Frame(address: Int(bytes[0]) << 8 | Int(bytes[1]), content: Array(bytes.dropFirst(2)))
    }

    struct Ended: Error {}
}
