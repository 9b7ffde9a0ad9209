internal import Encoding
package import Hummingbird
package import NIOCore

/// What a route knows of the request beside the request itself.
package struct HubContext: RequestContext {
    /// Hummingbird's own part: logger with the request's id, path parameters.
    package var coreContext: CoreRequestContextStorage
    /// Who asks. A client certificate is there only once ``LastingPeers`` has judged it for this request: on a listener
    /// without that, a certificate gives no right.
    package private(set) var peer: Peer
    /// What the connection proved.
    private let shown: Peer
    private var loss: PeerLossCheck = { _ in nil }
    /// DER of the certificate the hub showed on this connection; `nil` without TLS.
    package let serverCertificate: [UInt8]?
    /// Where the connection's bytes are read and written.
    package let eventLoop: any EventLoop
    /// Ends the connection, whatever is under way on it.
    package let hangUp: @Sendable () -> Void
    /// What the middleware of a protocol has found out for its routes; the protocol alone knows the type.
    package var finding: (any Sendable)?

    /// Largest body that is decoded as a whole; streaming routes set their own limit.
    package var maxUploadSize: Int { 64 * 1024 }

    /// Made by the server for each request.
    package init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        eventLoop = source.channel.eventLoop
        hangUp = { [channel = source.channel] in channel.close(promise: nil) }
        let connection = Connection.current
        shown = connection?.peer ?? Peer(address: "local")
        peer = Peer(address: shown.address, userID: shown.userID)
        serverCertificate = connection?.serverCertificate
    }

    /// The same request with the certificate that the connection proved.
    ///
    /// - Parameter loss: why the certificate of a peer is no longer valid; `nil` for a valid one and for none.
    /// - Throws: ``HTTPRefusal/lost(_:)``.
    func judged(_ loss: @escaping PeerLossCheck) throws(HTTPRefusal) -> HubContext {
        if let loss = loss(shown) { throw .lost(loss) }
        var context = self
        context.peer = shown
        context.loss = loss
        return context
    }

    /// Whether the certificate still counts with which the request was let through: for what outlasts its request, a
    /// WebSocket or an upload of an hour.
    package var peerStillCounts: Bool { loss(shown) == nil }

    /// The same request of a peer of which only the address is known.
    func unproven() -> HubContext {
        var context = self
        context.peer = Peer(address: peer.address)
        return context
    }

    /// A path parameter with its percent escapes decoded, so that an ID may hold any character.
    ///
    /// - Throws: 400 for a broken escape, a zero byte, or bytes that are no UTF-8.
    package func pathParameter(_ name: String) throws -> String {
        guard let text = PercentEncoding.decode(try parameters.require(name)), !text.utf8.contains(0) else {
            throw HTTPError(.badRequest, message: "the path is not percent-encoded UTF-8")
        }
        return text
    }
}
