package import NIOCore

extension TLSIdentity {
    /// Puts TLS in front of an accepted channel, with the same judgement of client certificates as everywhere: a peer
    /// whose certificate is revoked loses this connection too. Runs on the channel's event loop.
    ///
    /// - Parameter timeout: for the handshake.
    /// - Returns: who is at the other end, complete once TLS is established.
    package func secure(_ channel: any Channel, timeout: TimeAmount) throws -> Connection {
        let shown = current
        // Taken together: the certificate must be the one this connection's handshake shows.
        let connection = Connection(of: channel, serverCertificate: shown.leaf)
        try channel.pipeline.syncOperations.addHandler(ClientVerification.handler(self, shown.context, connection))
        try channel.pipeline.syncOperations.addHandler(
            HandshakeHandler(connection: connection, tls: self, timeout: timeout))
        return connection
    }
}
