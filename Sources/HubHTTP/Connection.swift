package import NIOCore
internal import NIOSSL
internal import NIOTLS
internal import PKI
internal import Synchronization

/// One accepted connection: who is at its other end, known once TLS is established.
package final class Connection: Sendable {
    /// The connection that the running task serves. Bound by ``RequestJob`` around a request, so that the request
    /// context finds it without a look-up by channel; nothing else reads it.
    @TaskLocal package static var current: Connection?

    private struct State {
        var peer: Peer
        /// When its certificate is good for nothing any more, Unix seconds.
        var end = Int64.max
        var chain: [Certificate] = []
    }

    private let state: Mutex<State>
    /// DER of the certificate the hub shows; `nil` without TLS.
    package let serverCertificate: [UInt8]?
    /// Where a route leaves word that the connection becomes a WebSocket; `nil` where none can.
    let upgrade: PendingUpgrade?

    /// An accepted channel, whose peer is known so far by address only. On its event loop.
    package convenience init(of channel: any Channel, serverCertificate: [UInt8]? = nil) {
        self.init(
            peer: Peer(of: channel), serverCertificate: serverCertificate,
            upgrade: PendingUpgrade(loop: channel.eventLoop))
    }

    /// A connection whose peer is known so far by address only.
    package convenience init(peer: Peer, serverCertificate: [UInt8]? = nil) {
        self.init(peer: peer, serverCertificate: serverCertificate, upgrade: nil)
    }

    init(peer: Peer, serverCertificate: [UInt8]?, upgrade: PendingUpgrade?) {
        self.serverCertificate = serverCertificate
        self.upgrade = upgrade
        state = Mutex(State(peer: peer))
    }

    /// Who is at the other end.
    package var peer: Peer {
        state.withLock(\.peer)
    }

    /// When the peer's certificate is good for nothing any more, Unix seconds.
    var end: Int64 {
        state.withLock(\.end)
    }

    /// Keeps what the peer proved; `false` when that is nothing, and the connection must end.
    func judge(_ chain: [Certificate], _ check: PeerCheck) -> Bool {
        guard let leaf = chain.first else { return false }
        let verdict = check(chain)
        state.withLock { state in
            state.chain = chain
            switch verdict {
            case .accepted:
                state.peer = Peer(address: state.peer.address, certificate: leaf)
                state.end = leaf.notAfter
            case .ended(let until):
                state.peer = Peer(address: state.peer.address, endedCertificate: leaf)
                state.end = until
            case .refused: break
            }
        }
        if case .refused = verdict { return false }
        return true
    }

    /// Judges what was shown once more, for the last time: it is not kept.
    func judgeAgain(_ check: PeerCheck) -> Bool {
        let chain = state.withLock(\.chain)
        defer { state.withLock { $0.chain = [] } }
        return judge(chain, check)
    }
}

/// The verification of client certificates: ours, not the TLS library's, because it must know which were revoked, and
/// accept what has just ended for a renewal.
enum ClientVerification {
    /// Certificates of a client that are looked at.
    private static let chainLimit = 8

    static func handler(
        _ tls: TLSIdentity, _ context: NIOSSLContext, _ connection: Connection
    ) -> NIOSSLServerHandler {
        NIOSSLServerHandler(context: context) { shown, promise in
            let chain = read(shown)
            promise.succeed(chain.map { connection.judge($0, tls.check) } ?? false ? .certificateVerified : .failed)
        }
    }

    /// A certificate that the TLS library accepted but OpenSSL can't read is not a certificate.
    static func read(_ shown: [NIOSSLCertificate]) -> [Certificate]? {
        try? shown.prefix(chainLimit).map { try Certificate(der: try $0.toDERBytes()) }
    }
}

/// Watches the handshake: it must end in time, and who is at the other end is remembered with the connection.
final class HandshakeHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = NIOAny

    private let connection: Connection
    private let check: PeerCheck
    private let connections: OpenConnections
    private let timeout: TimeAmount
    private var deadline: Scheduled<Void>?

    init(connection: Connection, check: @escaping PeerCheck, connections: OpenConnections, timeout: TimeAmount) {
        self.connection = connection
        self.check = check
        self.connections = connections
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
            guard isKnown(context) else { return context.close(promise: nil) }
            let peer = connection.peer
            if let certificate = peer.certificate ?? peer.endedCertificate {
                connections.add(context.channel, for: certificate.serial, until: connection.end)
                // Revoked between its verification and now: nobody else would find this connection.
                if !connection.judgeAgain(check) { return context.close(promise: nil) }
            }
        }
        context.fireUserInboundEventTriggered(event)
        // Nothing is left to watch, and idle connections should be cheap.
        if case TLSUserEvent.handshakeCompleted = event {
            context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
        }
    }

    /// A resumed session shows its certificate without a new verification: then it is judged here.
    private func isKnown(_ context: ChannelHandlerContext) -> Bool {
        let peer = connection.peer
        guard peer.certificate == nil, peer.endedCertificate == nil,
            let handler = try? context.pipeline.syncOperations.handler(type: NIOSSLServerHandler.self),
            let shown = handler.peerCertificate
        else { return true }
        return ClientVerification.read([shown]).map { connection.judge($0, check) } ?? false
    }
}
