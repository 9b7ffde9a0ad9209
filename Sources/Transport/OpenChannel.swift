internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import PKI

/// A connected channel whose handshake may still be under way.
struct OpenChannel: Sendable {
    let parts: NIOAsyncChannel<HTTPClientResponsePart, RequestPart>
    let record: PeerRecord
    private let secured: EventLoopFuture<Void>?

    static func open(_ endpoint: Endpoint, tls: TransportTLS?, limits: TransportLimits) async throws -> OpenChannel {
        let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connectTimeout(TimeAmount(limits.connect))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
        switch endpoint {
        case .unixSocket(let path):
            let plain = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connectTimeout(TimeAmount(limits.connect))
            return try await plain.connect(unixDomainSocketPath: path) { channel in
                channel.eventLoop.makeCompletedFuture { try prepare(channel, host: nil, tls: nil, limits: limits) }
            }
        case .tls(let host, let port):
            guard let tls else { throw TransportError.invalidRequest(reason: "no TLS settings for a TLS endpoint") }
            return try await bootstrap.connect(host: host, port: port) { channel in
                channel.eventLoop.makeCompletedFuture { try prepare(channel, host: host, tls: tls, limits: limits) }
            }
        }
    }

    private static func prepare(
        _ channel: any Channel, host: String?, tls: TransportTLS?, limits: TransportLimits
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
        try addHTTP(to: pipeline, limits: limits)
        let parts = try NIOAsyncChannel<HTTPClientResponsePart, RequestPart>(
            wrappingChannelSynchronously: channel,
            configuration: .init(backPressureStrategy: .init(lowWatermark: 2, highWatermark: 8)))
        return OpenChannel(parts: parts, record: record, secured: secured)
    }

    private static func addHTTP(to pipeline: ChannelPipeline.SynchronousOperations, limits: TransportLimits) throws {
        var decoderLimits = NIOHTTPDecoderLimitConfiguration()
        decoderLimits.maxHeaderFieldSize = limits.headerBytes
        decoderLimits.maxHeaderListSize = limits.headerBytes
        decoderLimits.maxHeaderFieldCount = limits.headerLines
        try pipeline.addHTTPClientHandlers(
            leftOverBytesStrategy: .dropBytes, enableOutboundHeaderValidation: true, encoderConfiguration: .init(),
            decoderLimitConfiguration: decoderLimits)
        try pipeline.addHandler(RequestPartHandler())
    }

    /// Waits for the end of the TLS handshake.
    func handshake(limits: TransportLimits) async throws {
        guard let secured else { return }
        let channel = parts.channel
        let deadline = Deadline(channel)
        deadline.arm(.handshake, limits.connect)
        defer { deadline.disarm() }
        do {
            try await withTaskCancellationHandler {
                try await secured.get()
            } onCancel: {
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
