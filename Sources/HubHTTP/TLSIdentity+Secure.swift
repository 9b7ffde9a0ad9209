package import NIOCore

extension TLSIdentity {
    /// Puts TLS in front of an accepted channel that carries no HTTP, with the same judgement of client certificates as everywhere: whoever's
    /// certificate is taken back loses this connection too. Runs on the channel's event loop.
    ///
    /// - Parameter timeout: for the handshake.
    /// - Returns: who is at the other end, complete once TLS is established.
    package func secure(_ channel: any Channel, timeout: TimeAmount) throws -> Connection {
        let shown = current
        let connection = Connection(peer: Peer(of: channel), serverCertificate: shown.leaf)
        try channel.pipeline.syncOperations.addHandler(ClientVerification.handler(self, shown.context, connection))
        try channel.pipeline.syncOperations.addHandler(
            HandshakeHandler(connection: connection, tls: self, timeout: timeout))
        return connection
    }
}
