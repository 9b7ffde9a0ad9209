import Foundation
import HostilePeer
import NIOCore
import NIOPosix
import PKI
import Synchronization
import Testing
import Transport
import TunnelServer
import Wire

/// Both client ends of ours through a real server: what is inside is for the two of them alone.
@Suite(.timeLimit(.minutes(1))) struct EndToEndTests {
    /// Certificates of a site, and a device that serves while `body` runs.
    private struct Site: Sendable {
        let authority: TestAuthority
        let server: TestServer
        let uuid: TunnelUUID
        let events: EventLog

        static func run(ports: Set<Int>, body: @escaping @Sendable (Site) async throws -> Void) async throws {
            try await TestServer.run { server in
                let authority = try TestAuthority(now: now())
                let uuid = try #require(TunnelUUID("aaaaaaaa-0000-4000-8000-000000000001"))
                let site = Site(authority: authority, server: server, uuid: uuid, events: EventLog())
                let offer = DeviceTunnelOffer(
                    uuid: uuid, name: "d1", ports: ports, inner: try site.tls("d1") { $0.subject.commonName == "ann" })
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        try? await DeviceTunnel.run(
                            .tls(host: "127.0.0.1", port: server.port("proxyTCP")), tls: site.outer, offer: offer
                        ) { site.events.add($0) }
                    }
                    try await site.events.wait(for: .registered)
                    try await body(site)
                    group.cancelAll()
                }
            }
        }

        var outer: TransportTLS { TransportTLS(trust: .roots([server.root])) { Site.now() } }

        static func now() -> Int64 { Int64(Date.now.timeIntervalSince1970) }

        /// The end that bears a name, and expects another.
        func tls(
            _ name: String, authority other: TestAuthority? = nil, expects: @escaping @Sendable (Certificate) -> Bool
        ) throws -> TunnelTLS {
            let key = try PrivateKey.makeP256()
            let certificate = try (other ?? authority).device(name, key: key.publicKey)
            return TunnelTLS(
                identity: TLSIdentity(chain: [certificate], signer: key), roots: [authority.certificate],
                now: { Site.now() }, isExpected: expects)
        }

        /// Sends "ping" to a port of the device through a tunnel; what came back, or why nothing did.
        func reach(_ port: Int, _ inner: TunnelTLS) async throws -> (answer: String, failure: (any Error)?) {
            try await through(port, inner) { local in
                try? await local.send("ping\n")
                return try await local.line()
            }
        }

        /// What `body` does with a connection that leads to a port of the device, and why it did not come up.
        func through<Value: Sendable>(
            _ port: Int, _ inner: TunnelTLS, _ body: (TestEnd) async throws -> Value
        ) async throws -> (answer: Value, failure: (any Error)?) {
            let target = TunnelTarget(
                proxy: .tls(host: "127.0.0.1", port: server.port("proxyTCP")), tls: outer, serverUUID: uuid,
                token: "mock", name: "test", way: .encrypted(inner, port: port),
                random: { (0..<16).map { _ in UInt8.random(in: 1...255) } })
            let (ports, listening) = AsyncStream.makeStream(of: Int.self)
            let failures = Failures()
            return try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    try await TunnelForward.run(
                        host: "127.0.0.1", port: 0, to: target, onListening: { listening.yield($0) },
                        onEnd: { error in if let error { failures.add(error) } })
                }
                var iterator = ports.makeAsyncIterator()
                let local = try await TestEnd.connect(
                    port: try #require(await iterator.next()), isHalfOpen: true)
                let answer = try await body(local)
                group.cancelAll()
                return (answer, failures.first)
            }
        }
    }

    private static func withEcho(_ body: @escaping @Sendable (Int) async throws -> Void) async throws {
        try await ScriptedServer.run(script: { connection in
            try await connection.send("pong\n")
            try await connection.waitForEnd()
        }) { server in try await body(server.port) }
    }

    @Test func portOfADevice_IsReached() async throws {
        try await Self.withEcho { port in
            try await Site.run(ports: [port]) { site in
                let (answer, failure) = try await site.reach(
                    port, site.tls("ann") { $0.subject.commonName == "d1" })
                #expect(answer == "pong\n" && failure == nil)
                try await site.events.wait(for: .portOpened(address: 1, port: port))
            }
        }
    }

    @Test func portThatIsNotOffered_IsRefused() async throws {
        try await Site.run(ports: [1]) { site in
            let (answer, failure) = try await site.reach(2, site.tls("ann") { _ in true })
            #expect(answer.isEmpty && failure as? TunnelFailure == .portRefused(2))
            let closed = try await site.reach(1, site.tls("ann") { _ in true })
            #expect(closed.answer.isEmpty && closed.failure as? TunnelFailure == .portClosed(1))
        }
    }

    // MARK: - One side ends first

    @Test(arguments: [0, 3, 300_000]) func answerBehindTheEndOfTheRequest_Arrives(count: Int) async throws {
        try await CountingServer.run(speaksFirst: false) { server in
            try await Site.run(ports: [server.port]) { site in
                let inner = try site.tls("ann") { $0.subject.commonName == "d1" }
                let (answer, failure) = try await site.through(server.port, inner) { local in
                    // At once: the tunnel is not even up.
                    if count > 0 { try await local.send([UInt8](repeating: 7, count: count)) }
                    try await local.endOutput()
                    return try await local.rest()
                }
                #expect(String(decoding: answer, as: UTF8.self) == "\(count) bytes\n" && failure == nil)
                try await site.events.wait(for: .clientLeft(address: 1))
            }
        }
    }

    @Test func requestBehindTheEndOfTheAnswer_Arrives() async throws {
        try await CountingServer.run(speaksFirst: true) { server in
            try await Site.run(ports: [server.port]) { site in
                let inner = try site.tls("ann") { $0.subject.commonName == "d1" }
                _ = try await site.through(server.port, inner) { local in
                    #expect(try await local.line() == "hello\n")
                    try await Task.sleep(for: .milliseconds(50))
                    for _ in 0..<10 {
                        try await local.send([UInt8](repeating: 7, count: 10_000))
                        try await Task.sleep(for: .milliseconds(5))
                    }
                    try await local.endOutput()
                    try await site.events.wait(for: .clientLeft(address: 1))
                }
                #expect(try await server.received() == 100_000)
            }
        }
    }

    @Test func programThatIsGone_EndsTheTunnel() async throws {
        try await CountingServer.run(speaksFirst: false) { server in
            try await Site.run(ports: [server.port]) { site in
                let inner = try site.tls("ann") { $0.subject.commonName == "d1" }
                _ = try await site.through(server.port, inner) { local in
                    try await local.send([1, 2, 3])
                    try await site.events.wait(for: .portOpened(address: 1, port: server.port))
                    try await local.close()
                    try await site.events.wait(for: .clientLeft(address: 1))
                }
                #expect(try await server.received() == 3)
            }
        }
    }

    @Test func strangers_GetNowhere() async throws {
        try await Self.withEcho { port in
            try await Site.run(ports: [port]) { site in
                let stranger = try await site.reach(port, site.tls("bob") { _ in true })
                #expect(stranger.answer.isEmpty)
                let foreign = try await site.reach(
                    port, site.tls("ann", authority: TestAuthority(name: "Other", now: Site.now())) { _ in true })
                #expect(foreign.answer.isEmpty)
                // The person does not speak with another device than the one meant.
                let other = try await site.reach(port, site.tls("ann") { $0.subject.commonName == "d2" })
                #expect(other.answer.isEmpty && other.failure != nil)
                #expect(!site.events.list.contains(.portOpened(address: 1, port: port)))
            }
        }
    }
}

/// What a device's end reported.
private final class EventLog: Sendable {
    private let all = Mutex<[DeviceTunnelEvent]>([])

    var list: [DeviceTunnelEvent] { all.withLock { $0 } }

    func add(_ event: DeviceTunnelEvent) {
        all.withLock { $0.append(event) }
    }

    func wait(for event: DeviceTunnelEvent) async throws {
        let deadline = ContinuousClock.now + .seconds(20)
        while !list.contains(event) {
            guard ContinuousClock.now < deadline else { throw Silence() }
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    struct Silence: Error {}
}

/// Why connections did not come up.
private final class Failures: Sendable {
    private let all = Mutex<[any Error]>([])

    var first: (any Error)? { all.withLock(\.first) }

    func add(_ error: any Error) {
        all.withLock { $0.append(error) }
    }
}

/// A service on loopback that reads to the end, then says how much it was; or says hello and ends its side before it reads.
private struct CountingServer: Sendable {
    let port: Int
    private let counts: Counts

    /// How much the first connection brought.
    func received() async throws -> Int? {
        let deadline = ContinuousClock.now + .seconds(20)
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
