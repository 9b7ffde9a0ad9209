internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import PKI
internal import Synchronization

/// A connected channel whose handshake may still be under way, with all handlers but the one that hands parts to a
/// task.
struct OpenChannel: Sendable {
    let channel: any Channel
    let record: PeerRecord
    private let secured: EventLoopFuture<Void>?

    /// - Parameter isUpgrade: whether the connection shall become another protocol: what follows the answer is then
    ///   kept.
    static func open(
        _ endpoint: Endpoint, tls: TransportTLS?, limits: TransportLimits, isUpgrade: Bool = false
    ) async throws -> OpenChannel {
        let attempts = ConnectionAttempts()
        return try await withTaskCancellationHandler {
            try await open(endpoint, tls: tls, limits: limits, isUpgrade, attempts)
        } onCancel: {
            attempts.cancel()
        }
    }

    private static func open(
        _ endpoint: Endpoint, tls: TransportTLS?, limits: TransportLimits, _ isUpgrade: Bool,
        _ attempts: ConnectionAttempts
    ) async throws -> OpenChannel {
        let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connectTimeout(TimeAmount(limits.connect))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
        switch endpoint {
        case .unixSocket(let path):
            let plain = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connectTimeout(TimeAmount(limits.connect))
            return try await plain.connect(unixDomainSocketPath: path) { channel in
                attempts.add(channel)
                return channel.eventLoop.makeCompletedFuture {
                    try prepare(channel, host: nil, tls: nil, limits: limits, isUpgrade)
                }
            }
        case .plain(let host, let port):
            return try await bootstrap.connect(host: host, port: port) { channel in
                attempts.add(channel)
                return channel.eventLoop.makeCompletedFuture {
                    try prepare(channel, host: nil, tls: nil, limits: limits, isUpgrade)
                }
            }
        case .tls(let host, let port):
            guard let tls else { throw TransportError.invalidRequest(reason: "no TLS settings for a TLS endpoint") }
            return try await bootstrap.connect(host: host, port: port) { channel in
                attempts.add(channel)
                return channel.eventLoop.makeCompletedFuture {
                    try prepare(channel, host: host, tls: tls, limits: limits, isUpgrade)
                }
            }
        }
    }

    private static func prepare(
        _ channel: any Channel, host: String?, tls: TransportTLS?, limits: TransportLimits, _ isUpgrade: Bool
    ) throws -> OpenChannel {
        let record = PeerRecord()
        let pipeline = channel.pipeline.syncOperations
        var secured: EventLoopFuture<Void>?
        if let tls, let host {
            let promise = channel.eventLoop.makePromise(of: Void.self)
            secured = promise.futureResult
            // Added together, so that the promise is completed whatever happens next.
            let handler: any ChannelHandler
            do {
                handler = try tls.handler(for: host, record: record)
            } catch {
                promise.fail(error)
                throw TransportError.tls(reason: "\(error)")
            }
            try pipeline.addHandlers([handler, HandshakeWaiter(promise)])
        }
        try addHTTP(to: pipeline, limits: limits, isUpgrade)
        return OpenChannel(channel: channel, record: record, secured: secured)
    }

    /// Makes the channel usable by a task. Only now, on a channel that is up: the parts must be used once they exist,
    /// and an attempt to connect may end at any time. A peer that speaks before it was asked is not heard.
    func parts() async throws -> Exchange.Parts {
        try await channel.eventLoop.submit { [channel] in
            guard channel.isActive else { throw TransportError.closed }
            return try Exchange.Parts(
                wrappingChannelSynchronously: channel,
                configuration: .init(backPressureStrategy: .init(lowWatermark: 2, highWatermark: 8)))
        }.get()
    }

    private static func addHTTP(
        to pipeline: ChannelPipeline.SynchronousOperations, limits: TransportLimits, _ isUpgrade: Bool
    ) throws {
        var decoderLimits = NIOHTTPDecoderLimitConfiguration()
        decoderLimits.maxHeaderFieldSize = limits.headerBytes
        decoderLimits.maxHeaderListSize = limits.headerBytes
        decoderLimits.maxHeaderFieldCount = limits.headerLines
        try pipeline.addHTTPClientHandlers(
            leftOverBytesStrategy: isUpgrade ? .forwardBytes : .dropBytes, enableOutboundHeaderValidation: true,
            encoderConfiguration: .init(),
            decoderLimitConfiguration: decoderLimits)
        try pipeline.addHandler(RequestPartHandler())
    }

    /// Waits for the end of the TLS handshake.
    func handshake(limits: TransportLimits) async throws {
        guard let secured else { return }
        let deadline = Deadline(channel)
        deadline.arm(.handshake, limits.connect)
        defer { deadline.disarm() }
        do {
            try await withTaskCancellationHandler {
                try await secured.get()
            } onCancel: { [channel] in
                channel.close(mode: .all, promise: nil)
            }
        } catch {
            try Task.checkCancellation()
            if let phase = deadline.passed { throw TransportError.timedOut(phase) }
            if let reason = record.refusal { throw TransportError.untrusted(reason: reason, peer: record.chain) }
            throw TransportError.translating(error)
        }
    }
}

/// The channels that try to connect, one for each address of the host: closed when nobody waits any more.
private final class ConnectionAttempts: Sendable {
    private let state = Mutex<(channels: [any Channel], isCancelled: Bool)>(([], false))

    func add(_ channel: any Channel) {
        let isCancelled = state.withLock { state in
            state.channels.append(channel)
            return state.isCancelled
        }
        if isCancelled { channel.close(mode: .all, promise: nil) }
    }

    func cancel() {
        let channels = state.withLock { state in
            state.isCancelled = true
            return state.channels
        }
        for channel in channels { channel.close(mode: .all, promise: nil) }
    }
}
