import Foundation
import Glibc
import HostilePeer
import NIOCore
import NIOPosix
import PKI
import Synchronization
import Testing
import Transport
internal import TunnelClient
import TunnelServer
import Wire

/// Both client ends of ours through a real server: what is inside is for the two of them alone.
@Suite(.timeLimit(.minutes(3))) struct EndToEndTests {
    /// Certificates of a site, and a device that serves while `body` runs.
    private struct Site: Sendable {
        let authority: TestAuthority
        let server: TestServer
        let uuid: TunnelUUID
        let events: EventLog

        static func run(
            ports: Set<Int>, patience: TunnelPatience = TunnelPatience(), pingInterval: Duration = .seconds(30),
            body: @escaping @Sendable (Site) async throws -> Void
        ) async throws {
            try await TestServer.run { server in
                let authority = try TestAuthority(now: now())
                let uuid = try #require(TunnelUUID("aaaaaaaa-0000-4000-8000-000000000001"))
                let site = Site(authority: authority, server: server, uuid: uuid, events: EventLog())
                var offer = DeviceTunnelOffer(
                    uuid: uuid, name: "d1", ports: ports, inner: try site.tls("d1") { $0.subject.commonName == "ann" })
                offer.patience = patience
                offer.pingInterval = pingInterval
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { [offer] in
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
                identity: ClientIdentity(chain: [certificate], signer: key), roots: [authority.certificate],
                now: { Site.now() }, isExpected: expects)
        }

        /// Sends "ping" to a port of the device through a tunnel; what came back, or why nothing did.
        func reach(_ port: Int, _ inner: TunnelTLS) async throws -> (answer: String, failure: (any Error)?) {
            try await open(port, inner) { local, failures in
                try? await local.send("ping\n")
                return (try await local.line(), failures.first)
            }
        }

        /// Gives `body` a connection to a port of the device.
        func open<Value: Sendable>(
            _ port: Int, _ inner: TunnelTLS, body: @escaping @Sendable (TestEnd, Failures) async throws -> Value
        ) async throws -> Value {
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
                defer { group.cancelAll() }
                return try await body(local, failures)
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
                let (answer, failure) = try await site.open(server.port, inner) { local, failures in
                    // At once: the tunnel is not even up.
                    if count > 0 { try await local.send([UInt8](repeating: 7, count: count)) }
                    try await local.endOutput()
                    return (try await local.rest(), failures.first)
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
                try await site.open(server.port, inner) { local, _ in
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
                try await site.open(server.port, inner) { local, _ in
                    try await local.send([1, 2, 3])
                    try await site.events.wait(for: .portOpened(address: 1, port: server.port))
                    try await local.close()
                    try await site.events.wait(for: .clientLeft(address: 1))
                }
                #expect(try await server.received() == 3)
            }
        }
    }

    @Test func programThatDoesNotRead_DoesNotCutTheDeviceOff() async throws {
        let deaf = try DeafPort()
        var patience = TunnelPatience()
        (patience.limit, patience.window, patience.pause) = (.seconds(6), .seconds(12), .milliseconds(100))
        try await Self.withEcho { [patience] port in
            // Three pings without a word would end the connection: the agent's own pause is longer.
            try await Site.run(ports: [port, deaf.port], patience: patience, pingInterval: .milliseconds(1500)) {
                site in
                let ann = try site.tls("ann") { $0.subject.commonName == "d1" }
                let answer = try await site.open(deaf.port, ann) { flood, _ in
                    try await site.events.wait(for: .portOpened(address: 1, port: deaf.port))
                    let piece = [UInt8](repeating: 1, count: 1 << 20)
                    for _ in 0..<40 { flood.post(piece) }
                    // Long enough for every buffer on the way to fill.
                    try await Task.sleep(for: .milliseconds(500))
                    let answer = try await site.reach(port, ann).answer
                    // Its other end is told, and goes.
                    #expect(try await flood.rest().isEmpty)
                    return answer
                }
                #expect(answer == "pong\n")
                try await site.events.wait(for: .clientLeft(address: 1))
                let left = try await site.server.server.records()
                #expect(!left.contains { $0.role == .client && $0.bytesIn > 100_000 })
            }
        }
    }

    @Test func clientThatIsGoneBeforeThePortAnswers_LeavesNothingBehind() async throws {
        let late = try DeafPort(backlog: 0)
        // Fills the queue: the kernel answers nobody else until the program takes this one.
        let first = try await TestEnd.connect(port: late.port)
        try await Site.run(ports: [late.port]) { site in
            let ann = try site.tls("ann") { $0.subject.commonName == "d1" }
            try await site.open(late.port, ann) { _, _ in
                try await late.waitForAttempt()
                #expect(try await site.server.server.close { $0.role == .client } == 1)
                try await site.events.wait(for: .clientLeft(address: 1))
                let taken = try late.next()
                let connection = try late.next()
                #expect(late.ends(connection))
                for descriptor in [taken, connection] { Glibc.close(descriptor) }
            }
        }
        try await first.close()
    }

    @Test func personWhoGivesUpBeforeThePortAnswers_LeavesNothingBehind() async throws {
        let late = try DeafPort(backlog: 0)
        let first = try await TestEnd.connect(port: late.port)
        try await Site.run(ports: [late.port]) { site in
            let ann = try site.tls("ann") { $0.subject.commonName == "d1" }
            try await site.open(late.port, ann) { local, _ in
                try await late.waitForAttempt()
                try await local.close()
                let taken = try late.next()
                let connection = try late.next()
                #expect(late.ends(connection))
                for descriptor in [taken, connection] { Glibc.close(descriptor) }
            }
        }
        try await first.close()
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

/// A port of the device whose program takes connections when it wants to, and reads when it wants to.
private final class DeafPort: Sendable {
    let port: Int
    private let listener: Int32

    /// - Parameter backlog: connections the kernel takes before the program does, and one.
    init(backlog: Int32 = 8) throws {
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var size: Int32 = 4096
        unsafe setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &size, 4)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let (listener, bytes) = (self.listener, length)
        try unsafe withUnsafeMutablePointer(to: &address) { address in
            try unsafe address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                guard unsafe bind(listener, address, bytes) == 0, unsafe getsockname(listener, address, &length) == 0
                else {
                    throw Failed()
                }
            }
        }
        port = Int(UInt16(bigEndian: address.sin_port))
        guard listen(listener, backlog) == 0 else { throw Failed() }
    }

    deinit { close(listener) }

    /// Waits until somebody tries to connect whom the kernel does not answer (`SYN_SENT` in its table).
    func waitForAttempt() async throws {
        let address = "0100007F:" + String(port, radix: 16, uppercase: true)
        while true {
            let isTried = Self.connections().split(separator: "\n").contains { line in
                let fields = line.split(separator: " ")
                return fields.count > 3 && fields[2] == address && fields[3] == "02"
            }
            if isTried { return }
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    /// The kernel's table of TCP connections, which has no size that a reader of files could ask for.
    private static func connections() -> String {
        let table = unsafe open("/proc/net/tcp", O_RDONLY | O_CLOEXEC)
        defer { close(table) }
        var (all, part) = ([UInt8](), [UInt8](repeating: 0, count: 1 << 16))
        while case let count = unsafe read(table, &part, part.count), count > 0 { all += part[..<count] }
        return String(decoding: all, as: UTF8.self)
    }

    /// The next connection, within a minute.
    func next() throws -> Int32 {
        var wait = pollfd(fd: listener, events: Int16(POLLIN), revents: 0)
        guard unsafe poll(&wait, 1, 60_000) == 1 else { throw Failed() }
        return accept(listener, nil, nil)
    }

    /// Whether a connection's other end closes it within a minute.
    func ends(_ connection: Int32) -> Bool {
        var wait = pollfd(fd: connection, events: Int16(POLLIN), revents: 0)
        var byte: UInt8 = 0
        return unsafe poll(&wait, 1, 60_000) == 1 && recv(connection, &byte, 1, 0) <= 0
    }

    struct Failed: Error {}
}

/// What a device's end reported.
private final class EventLog: Sendable {
    private let all = Mutex<[DeviceTunnelEvent]>([])

    var list: [DeviceTunnelEvent] { all.withLock { $0 } }

    func add(_ event: DeviceTunnelEvent) {
        all.withLock { $0.append(event) }
    }

    func wait(for event: DeviceTunnelEvent) async throws {
        let deadline = ContinuousClock.now + .seconds(100)
        while !list.contains(event) {
            guard ContinuousClock.now < deadline else { throw Silence() }
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    struct Silence: Error {}
}

/// Why connections did not come up.
final class Failures: Sendable {
    private let all = Mutex<[any Error]>([])

    var first: (any Error)? { all.withLock(\.first) }

    func add(_ error: any Error) {
        all.withLock { $0.append(error) }
    }
}

/// A service on loopback that reads to the end, then says how much it was; or says hello and ends its side before it
/// reads.
private struct CountingServer: Sendable {
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
