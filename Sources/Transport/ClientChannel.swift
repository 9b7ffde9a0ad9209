package import NIOCore
internal import NIOPosix

/// Connections for protocols that bring handlers of their own.
package enum ClientChannel {
    /// Connects; TLS and `setUp`'s handlers are in the pipeline, the handshake may still be under way.
    package static func open(
        _ endpoint: Endpoint, tls: TransportTLS, limits: TransportLimits, loop: any EventLoop,
        setUp: @escaping @Sendable (any Channel) throws -> Void
    ) async throws -> any Channel {
        do {
            return try await future(endpoint, tls: tls, limits: limits, loop: loop, setUp: setUp).get()
        } catch {
            try Task.checkCancellation()
            throw TransportError.translating(error)
        }
    }

    /// As ``open(_:tls:limits:loop:setUp:)``, for code on the event loop.
    package static func future(
        _ endpoint: Endpoint, tls: TransportTLS, limits: TransportLimits, loop: any EventLoop,
        setUp: @escaping @Sendable (any Channel) throws -> Void
    ) -> EventLoopFuture<any Channel> {
        let bootstrap = ClientBootstrap(group: loop).connectTimeout(TimeAmount(limits.connect))
        guard case .tls(let host, let port) = endpoint else {
            guard case .unixSocket(let path) = endpoint else {
                return loop.makeFailedFuture(TransportError.invalidRequest(reason: "tunnels need TLS"))
            }
            return bootstrap.channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try setUp(channel) }
            }.connect(unixDomainSocketPath: path)
        }
        return bootstrap.channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.socketOption(.so_keepalive), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(try tls.handler(for: host, record: PeerRecord()))
                    try setUp(channel)
                }
            }.connect(host: host, port: port)
    }
}
