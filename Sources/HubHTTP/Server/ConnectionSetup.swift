internal import NIOCore
internal import NIOHTTP1

/// Builds the pipeline of each accepted connection of a listener, as late as it can: TLS with the first byte, HTTP with
/// the first one that TLS lets through.
struct ConnectionSetup: Sendable {
    let tls: TLSIdentity?
    let limits: ServerLimits
    let start: @Sendable (RequestJob) -> Void

    /// Runs on the channel's event loop, when it was accepted.
    func begin(_ channel: any Channel) throws {
        try channel.pipeline.syncOperations.addHandler(
            FirstByteHandler(timeout: limits.silence) { context in
                guard let tls else { return try addHTTP(context.channel, Connection(of: context.channel)) }
                let connection = try tls.secure(context.channel, timeout: limits.silence)
                try context.pipeline.syncOperations.addHandler(
                    FirstByteHandler(timeout: limits.firstRequest) { try addHTTP($0.channel, connection) })
            })
    }

    private func addHTTP(_ channel: any Channel, _ connection: Connection) throws {
        let gate = RequestGate(limits: limits)
        var encoding = HTTPResponseEncoder.Configuration()
        // The handler frames its answers itself: only it knows whether they answer HEAD.
        encoding.automaticallySetFramingHeaders = false
        var decoding = NIOHTTPDecoderLimitConfiguration()
        decoding.maxHeaderFieldSize = 16 * 1024
        decoding.maxHeaderListSize = 32 * 1024
        decoding.maxHeaderFieldCount = 100
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(gate)
        try pipeline.addHandler(HTTPResponseEncoder(configuration: encoding))
        try pipeline.addHandler(ByteToMessageHandler(HTTPRequestDecoder(limitConfiguration: decoding)))
        try pipeline.addHandler(UpgradeHandler(connection.upgrade ?? PendingUpgrade(loop: channel.eventLoop)))
        try pipeline.addHandler(
            RequestHandler(limits: limits, gate: gate, connection: connection, start: start))
    }
}
