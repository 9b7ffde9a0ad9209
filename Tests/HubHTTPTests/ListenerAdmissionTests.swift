import Logging
import NIOCore
import NIOEmbedded
import NIOPosix
import ServiceLifecycle
import Synchronization
import Testing

@testable import HubHTTP

/// Real connections to a listening socket that asks who may come.
@Suite(.timeLimit(.minutes(1))) struct ListenerAdmissionTests {
    private static func limits(perLoopback: Int = 0, places: Int = 1000) -> AdmissionLimits {
        var limits = AdmissionLimits(places: places)
        limits.sources.perAddressLoopback = perLoopback
        return limits
    }

    /// A server that greets with one byte; runs beside `body`.
    private static func serve(
        _ admission: ListenerAdmission, _ body: (SocketAddress) async throws -> Void
    ) async throws {
        let server = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try admission.guardAccepts(of: channel) }
            }
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Greeting())
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        try await body(try #require(server.localAddress))
        try await server.close()
    }

    @Test func connectionsBeyondTheBound_AreClosedAndPlacesGivenBack() async throws {
        let admission = ListenerAdmission("test", limits: Self.limits(perLoopback: 2))
        try await Self.serve(admission) { address in
            let first = try await Visitor(address)
            let second = try await Visitor(address)
            #expect(try await first.isGreeted())
            #expect(try await second.isGreeted())
            let third = try await Visitor(address)
            #expect(try await !third.isGreeted())
            #expect(admission.count == 2)
            await first.close()
            while admission.count == 2 { await Task.yield() }
            let fourth = try await Visitor(address)
            #expect(try await fourth.isGreeted())
            await second.close()
            await fourth.close()
            while admission.count > 0 { await Task.yield() }
        }
    }

    @Test func listenersShareFiles_AndOneKeepsItsOwn() async throws {
        let budget = FileBudget(files: 32)
        let https = ListenerAdmission("https", limits: Self.limits(), budget: budget, purpose: .https)
        let pki = ListenerAdmission("pki", limits: Self.limits(), budget: budget, purpose: .pki)
        try await Self.serve(https) { toHTTPS in
            try await Self.serve(pki) { toPKI in
                var visitors: [Visitor] = []
                for _ in 0..<40 { visitors.append(try await Visitor(toHTTPS)) }
                var greeted = 0
                for visitor in visitors where try await visitor.isGreeted() { greeted += 1 }
                #expect(greeted == budget.most(for: .https))
                let checker = try await Visitor(toPKI)
                #expect(try await checker.isGreeted())
                for visitor in visitors + [checker] { await visitor.close() }
                while https.count + pki.count > 0 { await Task.yield() }
                #expect(FileBudget.Purpose.allCases.allSatisfy { budget.count(of: $0) == 0 })
            }
        }
    }

    @Test func refusals_AreOneLine() async throws {
        let refusals = ConnectionRefusals()
        let lines = Lines()
        let logger = Logger(label: "test") { _ in lines }
        let admission = ListenerAdmission("test", limits: Self.limits(perLoopback: 1), refusals: refusals)
        try await Self.serve(admission) { address in
            let first = try await Visitor(address)
            #expect(try await first.isGreeted())
            for _ in 0..<20 {
                let other = try await Visitor(address)
                #expect(try await !other.isGreeted())
            }
            await first.close()
        }
        refusals.log(to: logger)
        refusals.log(to: logger)
        #expect(lines.all == ["connections refused test address: 20 127.0.0.1"])
    }

    /// All of a machine's addresses come at once, before anybody has looked whose they are.
    @Test func machineThatTurnsOutToBeOne_KeepsItsOldestConnections() async throws {
        var limits = Self.limits()
        limits.sources.perAddress = 3
        var view = NetworkView()
        view.ranges = [try #require(NetworkRange("2001:db8::/64"))]
        let admission = ListenerAdmission("test", limits: limits)
        admission.update(view)
        let channels = try await Self.strangers(1...5)
        #expect(channels.allSatisfy { admission.admit($0) })
        let addresses = channels.compactMap { SourceAddress($0.remoteAddress) }
        let link = try #require(LinkAddress(bytes: [2, 0, 0, 0, 0, 1]))
        view.links = Dictionary(uniqueKeysWithValues: addresses.map { ($0, link) })
        admission.update(view)
        try await channels[3].closeFuture.get()
        try await channels[4].closeFuture.get()
        #expect(admission.count == 3)
        for channel in channels.prefix(3) { try await channel.close() }
        while admission.count > 0 { await Task.yield() }
    }

    private static func strangers(_ numbers: ClosedRange<Int>) async throws -> [NIOAsyncTestingChannel] {
        var channels: [NIOAsyncTestingChannel] = []
        for number in numbers {
            let channel = NIOAsyncTestingChannel()
            let address = try SocketAddress(ipAddress: "2001:db8::\(number)", port: 1)
            try await channel.connect(to: address).get()
            channel.remoteAddress = address
            channels.append(channel)
        }
        return channels
    }

    @Test func unknownSource_IsLookedForOnce() async throws {
        let looks = Mutex(0)
        let (looked, tell) = AsyncStream.makeStream(of: Void.self)
        let watch = NetworkWatch(pause: .seconds(3600)) {
            looks.withLock { $0 += 1 }
            tell.yield()
            return NetworkView()
        }
        let admission = ListenerAdmission("test", limits: Self.limits(), watch: watch)
        let group = ServiceGroup(
            services: [watch], gracefulShutdownSignals: [], logger: Logger(label: "") { _ in SwiftLogNoOpLogHandler() })
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            for channel in try await Self.strangers(1...50) { #expect(admission.admit(channel)) }
            for await _ in looked { break }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
        #expect(looks.withLock { $0 } == 1)
    }
}

/// Sends a byte to whoever was let in.
private final class Greeting: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    func channelActive(context: ChannelHandlerContext) {
        context.writeAndFlush(NIOAny(ByteBuffer(bytes: [1])), promise: nil)
    }
}

/// The other end of a connection.
private struct Visitor {
    private let channel: any Channel
    private let isLetIn: EventLoopFuture<Bool>

    init(_ address: SocketAddress) async throws {
        let group = MultiThreadedEventLoopGroup.singleton
        let loop = group.next()
        let promise = loop.makePromise(of: Bool.self)
        isLetIn = promise.futureResult
        channel = try await ClientBootstrap(group: loop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Arrival(promise))
                }
            }
            .connect(to: address).get()
    }

    /// Whether the server greets, rather than closing.
    func isGreeted() async throws -> Bool { try await isLetIn.get() }

    /// Ends the connection, unless the server did already.
    func close() async {
        try? await channel.close()
    }
}

/// Waits for the greeting or the end.
private final class Arrival: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let promise: EventLoopPromise<Bool>

    init(_ promise: EventLoopPromise<Bool>) {
        self.promise = promise
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        promise.succeed(true)
    }

    func channelInactive(context: ChannelHandlerContext) {
        promise.succeed(false)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}

/// Keeps the lines of a log.
private struct Lines: LogHandler {
    private final class Kept: Sendable {
        let lines = Mutex<[String]>([])
    }

    private let kept = Kept()
    var logLevel = Logger.Level.trace
    var metadata: Logger.Metadata = [:]

    var all: [String] { kept.lines.withLock { $0 } }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let values = (event.metadata ?? [:]).sorted { $0.key > $1.key }.map { "\($0.value)" }
        kept.lines.withLock { $0.append("\(event.message) " + values.joined(separator: " ")) }
    }
}
