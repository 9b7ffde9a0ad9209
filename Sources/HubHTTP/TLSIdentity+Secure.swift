package import NIOCore

extension TLSIdentity {
    /// Puts TLS in front of an accepted channel, with the same judgement of client certificates as everywhere: a peer
    /// whose certificate is revoked loses this connection too. Runs on the channel's event loop.
    ///
    /// - Parameters:
    ///   - timeout: for the handshake.
    ///   - connections: where it is remembered with its client certificate; `nil` for ``connections``.
    /// - Returns: who is at the other end, complete once TLS is established.
    package func secure(
        _ channel: any Channel, timeout: TimeAmount, connections: OpenConnections? = nil
    ) throws -> Connection {
        let shown = current
        // Taken together: the certificate must be the one this connection's handshake shows.
        let connection = Connection(of: channel, serverCertificate: shown.leaf)
        try channel.pipeline.syncOperations.addHandler(ClientVerification.handler(self, shown.context, connection))
        try channel.pipeline.syncOperations.addHandler(
            HandshakeHandler(
                connection: connection, check: check, connections: connections ?? self.connections, timeout: timeout))
        return connection
    }
}
