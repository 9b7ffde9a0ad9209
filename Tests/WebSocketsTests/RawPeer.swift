import NIOCore
import NIOPosix

/// A client of bytes, which reads only when it is asked to.
actor RawPeer {
    private final class Sink: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private let parts: AsyncStream<ByteBuffer>.Continuation

        init(_ parts: AsyncStream<ByteBuffer>.Continuation) {
            self.parts = parts
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            parts.yield(unwrapInboundIn(data))
        }

        func channelInactive(context: ChannelHandlerContext) {
            parts.finish()
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            parts.finish()
        }
    }

    private let channel: any Channel
    private let parts: AsyncStream<ByteBuffer>
    private var pending: [UInt8] = []

    init(port: Int) async throws {
        let (parts, continuation) = AsyncStream.makeStream(of: ByteBuffer.self)
        self.parts = parts
        channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.autoRead, value: false)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Sink(continuation))
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
    }

    func send(_ bytes: [UInt8]) async throws {
        try await channel.writeAndFlush(ByteBuffer(bytes: bytes)).get()
    }

    func send(_ text: String) async throws {
        try await send(Array(text.utf8))
    }

    /// As many bytes, fewer when the connection ends.
    func bytes(_ count: Int) async throws -> [UInt8] {
        while pending.count < count, await fill() {}
        let bytes = Array(pending.prefix(count))
        pending.removeFirst(bytes.count)
        return bytes
    }

    /// Text up to the end of a word.
    func text(until end: String) async throws -> String {
        while true {
            if let range = pending.firstRange(of: Array(end.utf8)) {
                return String(decoding: try await bytes(range.upperBound), as: UTF8.self)
            }
            guard await fill() else { return String(decoding: pending, as: UTF8.self) }
        }
    }

    func waitForEnd() async throws {
        while await fill() { pending = [] }
    }

    func end() async throws {
        try await channel.close()
    }

    private func fill() async -> Bool {
        channel.read()
        for await part in parts {
            pending += part.readableBytesView
            return true
        }
        return false
    }
}
