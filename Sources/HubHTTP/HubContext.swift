internal import Encoding
package import Hummingbird
package import NIOCore
package import People

/// What a route knows of the request beside the request itself.
package struct HubContext: RequestContext {
    /// Hummingbird's own part: logger with the request's id, path parameters.
    package var coreContext: CoreRequestContextStorage
    package private(set) var peer: Peer
    /// DER of the certificate the hub showed on this connection; `nil` without TLS.
    package let serverCertificate: [UInt8]?
    /// Where the connection's bytes are read and written.
    package let eventLoop: any EventLoop
    /// Ends the connection, whatever is under way on it.
    package let hangUp: @Sendable () -> Void
    /// The person the request comes from, once a middleware has found out; only on the management API.
    package var user: UserSession?

    /// Largest body that is decoded as a whole; streaming routes set their own limit.
    package var maxUploadSize: Int { 64 * 1024 }

    /// Made by the server for each request.
    package init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        eventLoop = source.channel.eventLoop
        hangUp = { [channel = source.channel] in channel.close(promise: nil) }
        let connection = Connection.current
        peer = connection?.peer ?? Peer(address: "local")
        serverCertificate = connection?.serverCertificate
    }

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
