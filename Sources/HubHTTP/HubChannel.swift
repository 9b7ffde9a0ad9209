internal import Glibc
internal import Hummingbird
package import HummingbirdCore
package import Logging
package import NIOCore
internal import NIOHTTP1
internal import NIOPosix

/// Sets up each accepted connection of a listener: TLS where wanted, HTTP/1.1, limits, and who the peer is.
package struct HubChannel: ServerChildChannel, HTTPChannelHandler {
    /// An accepted connection, ready for requests.
    package struct Value: ServerChildChannelValue {
        let http: HTTP1Channel.Value
        let connection: Connection
        /// The NIO channel beneath.
        package var channel: any Channel { http.channel }
    }

    private let tls: TLSIdentity?
    private let http: HTTP1Channel

    init(responder: @escaping HTTPChannelHandler.Responder, tls: TLSIdentity?) {
        self.tls = tls
        http = HTTP1Channel(
            responder: responder,
            configuration: .init(
                idleTimeout: .seconds(120),
                httpDecoderConfiguration: .init(
                    maxHeaderFieldSize: 16 * 1024, maxHeaderListSize: 32 * 1024, maxHeaderFieldCount: 100)))
    }

    /// What answers a request.
    package var responder: HTTPChannelHandler.Responder { http.responder }

    /// Builds the pipeline of one connection.
    package func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        // Taken together: the certificate must be the one this connection's handshake shows.
        let shown = tls?.current
        let upgrade = PendingUpgrade(loop: channel.eventLoop)
        let connection = Connection(peer: Self.peer(of: channel), serverCertificate: shown?.leaf, upgrade: upgrade)
        return channel.eventLoop.makeCompletedFuture {
            guard let tls, let shown else { return }
            try channel.pipeline.syncOperations.addHandler(
                ClientVerification.handler(tls, shown.context, connection))
            try channel.pipeline.syncOperations.addHandler(
                HandshakeHandler(connection: connection, tls: tls, timeout: .seconds(10)))
        }.flatMap {
            http.setup(channel: channel, logger: logger)
        }.flatMapThrowing { value in
            let pipeline = channel.pipeline.syncOperations
            try pipeline.addHandler(
                UpgradeHandler(upgrade),
                position: .after(try pipeline.handler(type: ByteToMessageHandler<HTTPRequestDecoder>.self)))
            return Value(http: value, connection: connection)
        }
    }

    /// Serves one connection until it ends.
    package func handle(value: Value, logger: Logger) async {
        await Connection.$current.withValue(value.connection) {
            await http.handle(value: value.http, logger: logger)
        }
    }

    private static func peer(of channel: any Channel) -> Peer {
        guard let address = channel.remoteAddress, let text = address.ipAddress else {
            return Peer(address: "local", userID: userID(of: channel))
        }
        // An IPv4 client of a dual-stack socket is shown as ::ffff:a.b.c.d.
        return Peer(address: text.hasPrefix("::ffff:") ? String(text.dropFirst(7)) : text)
    }

    /// `SO_PEERCRED`: the kernel's word on who connected to a Unix socket.
    private static func userID(of channel: any Channel) -> UInt32? {
        guard let provider = channel as? any SocketOptionProvider else { return nil }
        let credentials: EventLoopFuture<PeerCredentials> = provider.unsafeGetSocketOption(
            level: .socket, name: .init(rawValue: SO_PEERCRED))
        // The option is read on the channel's own loop, where this runs: the future is complete.
        var user: UInt32?
        credentials.assumeIsolated().whenSuccess { credentials in
            // The kernel's word for "nobody": not a Unix socket.
            user = credentials.user == UInt32.max ? nil : credentials.user
        }
        return user
    }
}

/// The kernel's `struct ucred` (unix(7)), which glibc's headers show to C only on request.
private struct PeerCredentials: Sendable {
    var process: Int32 = 0
    var user: UInt32 = 0
    var group: UInt32 = 0
}
