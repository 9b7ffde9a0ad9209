import NIOCore
import NIOPosix
import Synchronization

/// A service on loopback that reads to the end, then says how much it was; or says hello and ends its side before it
/// reads.
struct CountingServer: Sendable {
    let port: Int
    private let counts: Counts

    /// How much the first connection brought.
    func received() async throws -> Int? {
        let deadline = ContinuousClock.now + .seconds(100)
        while ContinuousClock.now < deadline {
            if let count = counts.all.withLock(\.first) { return count }
            try await Task.sleep(for: .milliseconds(5))
        }
        return nil
    }

    final class Counts: Sendable {
        let all = Mutex<[Int]>([])
    }

    static func run(speaksFirst: Bool, _ body: (CountingServer) async throws -> Void) async throws {
        let counts = Counts()
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Handler(speaksFirst: speaksFirst, counts))
                }
            }.bind(host: "127.0.0.1", port: 0).get()
        try await body(CountingServer(port: listener.localAddress?.port ?? 0, counts: counts))
        try await listener.close()
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let speaksFirst: Bool
        private let counts: Counts
        private var count = 0

        init(speaksFirst: Bool, _ counts: Counts) {
            self.speaksFirst = speaksFirst
            self.counts = counts
        }

        func channelActive(context: ChannelHandlerContext) {
            guard speaksFirst else { return }
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: "hello\n")), promise: nil)
            context.close(mode: .output, promise: nil)
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            count += unwrapInboundIn(data).readableBytes
        }

        func channelInactive(context: ChannelHandlerContext) {
            counts.all.withLock { $0.append(count) }
        }

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            guard case .inputClosed = event as? ChannelEvent else { return }
            guard !speaksFirst else { return context.close(promise: nil) }
            let channel = context.channel
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: "\(count) bytes\n"))).whenComplete { _ in
                channel.close(promise: nil)
            }
        }
    }
}
