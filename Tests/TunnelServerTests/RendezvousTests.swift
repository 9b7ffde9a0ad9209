import Testing
import TunnelServer

/// Recorded exchanges of part A over real sockets.
@Suite(.timeLimit(.minutes(3))) struct RendezvousTests {
    static let one = "{11111111-1111-1111-1111-111111111111}"
    static let two = "{22222222-2222-2222-2222-222222222222}"
    static let accepted =
        #"{"id":0,"params":{"authenticationError":"AuthenticationErrorNoError"},"status":"success"}"# + "\n"

    static func authenticate(
        _ name: String, token: String = "blub", nonce: String? = "nn", uuid: String, id: Int = 0
    ) -> String {
        let nonce = nonce.map { #""nonce":"\#($0)","# } ?? ""
        return
            #"{"id":\#(id),"method":"Authentication.Authenticate","params":{"name":"\#(name)",\#(nonce)"token":"\#(token)","uuid":"\#(uuid)"}}"#
    }

    static func established(_ id: Int, _ name: String, _ uuid: String) -> String {
        #"{"id":\#(id),"notification":"RemoteProxy.TunnelEstablished","params":{"name":"\#(name)","uuid":"\#(uuid)"}}"#
            + "\n"
    }

    @Test func tcp_MeetsAndRelays() async throws {
        try await TestServer.run { server in
            let first = try await server.tcp()
            try await first.send(#"{"id":0,"method":"RemoteProxy.Hello"}"# + "\n")
            #expect(
                try await first.line()
                    == #"{"id":0,"params":{"apiVersion":"0.3","name":"my-proxy","server":"nymea-remoteproxy","version":"0.1.5"},"status":"success"}"#
                    + "\n")
            try await first.send(Self.authenticate("first", uuid: Self.one) + "\n")
            #expect(try await first.line() == Self.accepted)
            let second = try await server.tcp()
            try await second.send(Self.authenticate("second", uuid: Self.two) + "\n")
            #expect(try await second.line() == Self.accepted)
            #expect(try await first.line() == Self.established(0, "second", Self.two))
            #expect(try await second.line() == Self.established(1, "first", Self.one))
            let bytes = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            try await first.send(bytes)
            #expect(try await second.read(bytes.count) == bytes)
            try await second.send("back")
            #expect(try await first.read(4) == Array("back".utf8))
            try await first.close()
            #expect(try await second.rest().isEmpty)
            // The same two can meet again.
            let third = try await server.unix()
            try await third.send(Self.authenticate("third", uuid: Self.one))
            #expect(try await third.line() == Self.accepted)
        }
    }

    @Test func webSocket_MeetsAndRelaysMessages() async throws {
        try await TestServer.run { server in
            let first = try await server.webSocket()
            try await first.frame(Self.authenticate("first", uuid: Self.one))
            #expect(try await first.frame() == .text(Self.accepted))
            let second = try await server.webSocket()
            try await second.frame(Self.authenticate("second", uuid: Self.two))
            #expect(try await second.frame() == .text(Self.accepted))
            #expect(try await first.frame() == .text(Self.established(0, "second", Self.two)))
            #expect(try await second.frame() == .text(Self.established(1, "first", Self.one)))
            for size in [0, 1, 125, 126, 65_535, 65_536, 65_537, 131_072, 131_073, 1 << 20] {
                let message = [UInt8](repeating: UInt8(ascii: "m"), count: size)
                try await first.frame(message)
                // Long ones are passed on as they come, still as one message.
                #expect(try await second.message() == TestEnd.Frame(opcode: 1, payload: message))
            }
            try await second.frame(Array("ab".utf8), isLast: false)
            try await second.frame([7], opcode: 9)
            try await second.frame(Array("cd".utf8), opcode: 0)
            #expect(try await second.frame() == TestEnd.Frame(opcode: 10, payload: [7]))
            #expect(try await first.frame() == .text("abcd"))
            try await second.frame([0x03, 0xE8], opcode: 8)
            #expect(try await second.frame() == TestEnd.Frame(opcode: 8, payload: [0x03, 0xE8]))
            #expect(try await first.frame() == .close(1011, "Tunnel client disconnected"))
        }
    }
}
