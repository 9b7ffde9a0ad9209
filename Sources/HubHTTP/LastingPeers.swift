package import Hummingbird

/// The one place where the certificate of a peer is judged again for each request (docs/protocols/enrolment.md 1.2):
/// refuses the request when the certificate was revoked or has expired while its connection was open, and ends the
/// connection. ``OpenConnections`` ends connections on which nobody asks; a request may be on its way at that moment.
package struct LastingPeers: RouterMiddleware {
    private let loss: @Sendable (Peer) -> PeerLoss?

    /// - Parameter loss: why the certificate of a peer counts no more, `nil` for one that does and for none.
    package init(loss: @escaping @Sendable (Peer) -> PeerLoss?) {
        self.loss = loss
    }

    /// Lets the request through, or answers 403.
    package func handle(
        _ request: Request, context: HubContext, next: (Request, HubContext) async throws -> Response
    ) async throws -> Response {
        if let loss = loss(context.peer) { throw HTTPRefusal.lost(loss) }
        return try await next(request, context)
    }
}

/// Why a certificate that was accepted at the handshake counts no more.
package enum PeerLoss: Sendable, Equatable {
    /// It was taken back.
    case revoked
    /// Its time is over.
    case ended
}
