import HostilePeer
import NIOCore
import NIOPosix
import NIOSSL
import PKI
import Synchronization

/// One end of a tunnel as bytes: what it sends need not be right.
final class TestEnd: Sendable {
    private let channel: any Channel
    private let inbox: Inbox

    private init(_ channel: any Channel, _ inbox: Inbox) {
        self.channel = channel
        self.inbox = inbox
    }

    /// Connects over TCP, with TLS when a root is given.
    ///
    /// - Parameters:
    ///   - isHalfOpen: whether it stays open when the peer has said everything.
    ///   - isSmall: whether the kernel keeps little of what is not read.
    static func connect(
        port: Int, root: Certificate? = nil, identity: PeerIdentity? = nil, isHalfOpen: Bool = false,
        isSmall: Bool = false
    ) async throws -> TestEnd {
        let context = try root.map { try tls($0, identity) }
        return try await connect(context, isHalfOpen: isHalfOpen, isSmall: isSmall) {
            try await $0.connect(host: "127.0.0.1", port: port).get()
        }
    }

    /// Connects over a Unix socket.
    static func connect(path: String) async throws -> TestEnd {
        try await connect(nil) { try await $0.connect(unixDomainSocketPath: path).get() }
    }

    private static func connect(
        _ tls: NIOSSLContext?, isHalfOpen: Bool = false, isSmall: Bool = false,
        _ dial: (ClientBootstrap) async throws -> any Channel
    ) async throws -> TestEnd {
        let inbox = Inbox()
        var bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.allowRemoteHalfClosure, value: isHalfOpen)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls {
                        try channel.pipeline.syncOperations.addHandler(
                            try NIOSSLClientHandler(context: tls, serverHostname: nil))
                    }
                    try channel.pipeline.syncOperations.addHandler(Collector(inbox))
                }
            }
        if isSmall { bootstrap = bootstrap.channelOption(.socketOption(.so_rcvbuf), value: 16 * 1024) }
        return TestEnd(try await dial(bootstrap), inbox)
    }

    private static func tls(_ root: Certificate, _ identity: PeerIdentity?) throws -> NIOSSLContext {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.trustRoots = .certificates([try NIOSSLCertificate(bytes: root.der, format: .der)])
        configuration.certificateVerification = .noHostnameVerification
        if let identity {
            configuration.certificateChain = try identity.chain.map {
                .certificate(try NIOSSLCertificate(bytes: $0.der, format: .der))
            }
            configuration.privateKey = .privateKey(
                try NIOSSLPrivateKey(bytes: Array(try identity.key.pem().utf8), format: .pem))
        }
        return try NIOSSLContext(configuration: configuration)
    }

    // MARK: - Bytes

    func send(_ bytes: [UInt8]) async throws {
        try await channel.writeAndFlush(ByteBuffer(bytes: bytes))
    }

    func send(_ text: String) async throws {
        try await send(Array(text.utf8))
    }

    /// Says that there is no more, and goes on reading.
    func endOutput() async throws {
        try await channel.close(mode: .output)
    }

    /// Sends without waiting until it has left.
    func post(_ bytes: [UInt8]) {
        channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil)
    }

    /// The next bytes, fewer only at the end of the stream.
    func read(_ count: Int) async throws -> [UInt8] {
        try await inbox.take { $0.count >= count ? count : nil }
    }

    /// The next line with its end; what is left at the end of the stream.
    func line() async throws -> String {
        let bytes = try await inbox.take { bytes in bytes.firstIndex(of: 0x0A).map { $0 + 1 } }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Everything up to the end of the stream.
    func rest() async throws -> [UInt8] {
        try await inbox.take { _ in nil }
    }

    /// What came so far and was not read.
    var waiting: Int { inbox.count }

    func close() async throws {
        try? await channel.close()
    }

    /// All bytes up to the first time that nothing follows these.
    func read(through last: [UInt8]) async throws -> [UInt8] {
        try await inbox.take { $0.suffix(last.count).elementsEqual(last) ? $0.count : nil }
    }

    /// Stops reading: the kernel's buffers fill up, then the server's.
    func setReading(_ isReading: Bool) async throws {
        try await channel.setOption(.autoRead, value: isReading).get()
        if isReading { channel.read() }
    }

    // MARK: - WebSocket

    /// Asks for a WebSocket and answers the response's head.
    ///
    /// - Parameter fields: further lines of the head, each with its end.
    func upgrade(path: String = "/", version: String = "13", fields: String = "") async throws -> String {
        try await send(
            """
            GET \(path) HTTP/1.1\r\nHost: hub\r\nUpgrade: websocket\r\nConnection: Upgrade\r
            Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: \(version)\r\n\(fields)\r\n
            """)
        let head = try await inbox.take { bytes in
            bytes.firstRange(of: Array("\r\n\r\n".utf8))?.upperBound
        }
        return String(decoding: head, as: UTF8.self)
    }

    /// Sends one frame, masked.
    func frame(_ payload: [UInt8], opcode: UInt8 = 1, isLast: Bool = true, mask: [UInt8] = [1, 2, 3, 4]) async throws {
        try await send(Self.masked(payload, opcode: opcode, isLast: isLast, mask: mask))
    }

    func frame(_ text: String) async throws {
        try await frame(Array(text.utf8))
    }

    static func masked(
        _ payload: [UInt8], opcode: UInt8 = 1, isLast: Bool = true, mask: [UInt8] = [1, 2, 3, 4]
    ) -> [UInt8] {
        var bytes: [UInt8] = [(isLast ? 0x80 : 0) | opcode]
        switch payload.count {
        case 0..<126: bytes.append(0x80 | UInt8(payload.count))
        case 126..<65_536: bytes += [0x80 | 126, UInt8(payload.count >> 8), UInt8(payload.count & 255)]
        default:
            bytes.append(0x80 | 127)
            for shift in stride(from: 56, through: 0, by: -8) {
                bytes.append(UInt8(truncatingIfNeeded: payload.count >> shift))
            }
        }
        return bytes + mask + payload.enumerated().map { $1 ^ mask[$0 % 4] }
    }

    /// A frame of the server.
    struct Frame: Equatable {
        let opcode: UInt8
        let payload: [UInt8]
        var text: String { String(decoding: payload, as: UTF8.self) }

        /// Code and reason of a close frame.
        static func close(_ code: Int, _ reason: String) -> Frame {
            Frame(opcode: 8, payload: [UInt8(code >> 8), UInt8(code & 255)] + Array(reason.utf8))
        }

        static func text(_ text: String) -> Frame {
            Frame(opcode: 1, payload: Array(text.utf8))
        }
    }

    /// The next frame of the server; `nil` at the end of the stream.
    func frame() async throws -> Frame? {
        try await framed()?.frame
    }

    /// The next message of the server, its fragments joined; `nil` at the end of the stream.
    func message() async throws -> Frame? {
        guard var next = try await framed() else { return nil }
        let opcode = next.frame.opcode
        var payload = next.frame.payload
        while !next.isLast {
            guard let more = try await framed(), more.frame.opcode == 0 else { return nil }
            next = more
            payload += more.frame.payload
        }
        return Frame(opcode: opcode, payload: payload)
    }

    private func framed() async throws -> (frame: Frame, isLast: Bool)? {
        let head = try await read(2)
        guard head.count == 2 else { return nil }
        var length = Int(head[1])
        if length == 126 { length = try await read(2).reduce(0) { $0 << 8 | Int($1) } }
        if length == 127 { length = try await read(8).reduce(0) { $0 << 8 | Int($1) } }
        return (Frame(opcode: head[0] & 15, payload: try await read(length)), head[0] & 0x80 != 0)
    }
}

/// What a connection received.
private final class Inbox: Sendable {
    private struct State {
        var bytes: [UInt8] = []
        var isAtEnd = false
    }

    private let state = Mutex(State())

    var count: Int { state.withLock(\.bytes.count) }

    func add(_ bytes: [UInt8]?) {
        state.withLock { state in
            if let bytes { state.bytes += bytes } else { state.isAtEnd = true }
        }
    }

    /// Takes as many bytes as `length` says, or all of them at the end of the stream.
    func take(_ length: ([UInt8]) -> Int?) async throws -> [UInt8] {
        let deadline = ContinuousClock.now + .seconds(100)
        while true {
            let taken = state.withLock { state -> [UInt8]? in
                guard let count = length(state.bytes) ?? (state.isAtEnd ? state.bytes.count : nil) else {
                    guard state.isAtEnd else { return nil }
                    defer { state.bytes = [] }
                    return state.bytes
                }
                defer { state.bytes.removeFirst(min(count, state.bytes.count)) }
                return Array(state.bytes.prefix(count))
            }
            if let taken { return taken }
            guard ContinuousClock.now < deadline else { throw Silence() }
            try await Task.sleep(for: .milliseconds(2))
        }
    }

    struct Silence: Error {}
}

private final class Collector: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let inbox: Inbox

    init(_ inbox: Inbox) {
        self.inbox = inbox
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        inbox.add(Array(unwrapInboundIn(data).readableBytesView))
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .inputClosed = event as? ChannelEvent { inbox.add(nil) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        inbox.add(nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
