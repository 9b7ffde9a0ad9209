import Hummingbird
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import Synchronization

@testable import HubHTTP

/// Counts from anywhere.
final class Counter: Sendable {
    private let value = Mutex(0)
    var count: Int { value.withLock { $0 } }
    func increment() { value.withLock { $0 += 1 } }
}

extension String {
    /// The text between the occurrences of another.
    func components(_ separator: String) -> [String] {
        split(separator: separator, omittingEmptySubsequences: false).map(String.init)
    }
}

/// A listener on loopback while a test runs.
enum LiveListener {
    static func run(
        _ router: Router<HubContext>, limits: ServerLimits = ServerLimits(),
        _ body: @Sendable (Int) async throws -> Void
    ) async throws {
        let (ports, told) = AsyncStream.makeStream(of: Int.self)
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let listener = Listener(
            .tcp(host: "127.0.0.1", port: 0), tls: nil, limits: limits, responder: router.buildResponder(),
            logger: logger
        ) { if case .tcp(_, let port) = $0 { told.yield(port) } }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await listener.run() }
            for await port in ports {
                try await body(port)
                break
            }
            group.cancelAll()
        }
    }
}

/// A client of bytes.
struct RawPeer {
    private final class Sink: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let parts: AsyncStream<ByteBuffer>.Continuation

        init(_ parts: AsyncStream<ByteBuffer>.Continuation) { self.parts = parts }
        func channelRead(context: ChannelHandlerContext, data: NIOAny) { parts.yield(unwrapInboundIn(data)) }
        func channelInactive(context: ChannelHandlerContext) { parts.finish() }
        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }

    private let channel: any Channel
    private let parts: AsyncStream<ByteBuffer>

    init(port: Int) async throws {
        let (parts, continuation) = AsyncStream.makeStream(of: ByteBuffer.self)
        self.parts = parts
        channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Sink(continuation))
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
    }

    func send(_ text: String) async throws {
        try await channel.writeAndFlush(ByteBuffer(string: text)).get()
    }

    /// All that comes until the connection ends.
    func all() async throws -> String {
        var text = ""
        for await part in parts { text += String(buffer: part) }
        return text
    }
}
