import NIOCore
import NIOEmbedded
import Testing
import WebSockets

/// Pings and the time without a word, on an event loop whose time passes by hand.
@Suite(.timeLimit(.minutes(1))) struct SilenceTests {
    private let channel = NIOAsyncTestingChannel()
    private let socket: WebSocket

    init() async throws {
        var limits = WebSocketLimits()
        limits.pingInterval = .seconds(30)
        limits.silence = .seconds(90)
        try await channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).get()
        socket = try await channel.testingEventLoop.executeInContext { [channel, limits] in
            try WebSocket.install(on: channel, isServer: true, subprotocol: nil, limits: limits)
        }
    }

    /// What left since the last look.
    private func sent() async throws -> [UInt8] {
        var all: [UInt8] = []
        while let bytes = try await channel.readOutbound(as: ByteBuffer.self) { all += Array(buffer: bytes) }
        return all
    }

    @Test func silentPeer_IsPinged_ThenDropped() async throws {
        await channel.testingEventLoop.advanceTime(by: .seconds(29))
        #expect(try await sent().isEmpty)
        await channel.testingEventLoop.advanceTime(by: .seconds(60))
        #expect(try await sent() == [0x89, 0, 0x89, 0])
        #expect(socket.isOpen)
        await channel.testingEventLoop.advanceTime(by: .seconds(2))
        await socket.closed()
        await #expect(throws: WebSocketError.timedOut) { for try await _ in socket.messages {} }
    }

    @Test func livingPeer_IsKept() async throws {
        for _ in 0..<100 {
            await channel.testingEventLoop.advanceTime(by: .seconds(30))
            #expect(try await sent() == [0x89, 0])
            try await channel.writeInbound(ByteBuffer(bytes: [0x8A, 0x80, 0, 0, 0, 0]))
        }
        try await channel.writeInbound(ByteBuffer(bytes: [0x81, 0x81, 0, 0, 0, 0, 0x61]))
        var messages = socket.messages.makeAsyncIterator()
        #expect(try await messages.next() == .text("a"))
        try await channel.close()
    }
}
