internal import NIOCore
internal import NIOSSL
internal import NIOTLS
internal import PKI
internal import Synchronization

/// One accepted connection: who is at its other end, known once TLS is established.
package final class Connection: Sendable {
    /// The connection that the running task serves. Bound by ``HubChannel`` around everything a connection does, so that the
    /// request context finds it without a look-up by channel; nothing else reads it.
    @TaskLocal package static var current: Connection?

    private let state: Mutex<Peer>

    /// A connection whose peer is known so far by address only.
    package init(peer: Peer) {
        state = Mutex(peer)
    }

    /// Who is at the other end.
    package var peer: Peer {
        state.withLock { $0 }
    }

    func established(certificate: Certificate?) {
        state.withLock { $0 = Peer(address: $0.address, certificate: certificate, userID: $0.userID) }
    }
}

/// Watches the handshake: it must end in time, and what the peer proved is kept.
final class HandshakeHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = NIOAny

    private let connection: Connection
    private let timeout: TimeAmount
    private var deadline: Scheduled<Void>?

    init(connection: Connection, timeout: TimeAmount) {
        self.connection = connection
        self.timeout = timeout
    }

    func handlerAdded(context: ChannelHandlerContext) {
        deadline = context.eventLoop.assumeIsolated().scheduleTask(in: timeout) { context.close(promise: nil) }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        deadline?.cancel()
    }

    func channelInactive(context: ChannelHandlerContext) {
        deadline?.cancel()
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case TLSUserEvent.handshakeCompleted = event {
            deadline?.cancel()
            keepPeer(context)
        }
        context.fireUserInboundEventTriggered(event)
    }

    /// A certificate that BoringSSL accepted but OpenSSL can't read is no certificate: the connection ends.
    private func keepPeer(_ context: ChannelHandlerContext) {
        let handler = try? context.pipeline.syncOperations.handler(type: NIOSSLServerHandler.self)
        guard let shown = handler?.peerCertificate else { return }
        guard let bytes = try? shown.toDERBytes(), let certificate = try? Certificate(der: bytes) else {
            return context.close(promise: nil)
        }
        connection.established(certificate: certificate)
    }
}
