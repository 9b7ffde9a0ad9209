package import Hummingbird

/// Why the certificate of a peer is no longer valid; `nil` for a valid one, and for a peer without one.
package typealias PeerLossCheck = @Sendable (Peer) -> PeerLoss?

/// The one place where the certificate of a peer is judged for each request (docs/protocols/enrolment.md 1.2): refuses
/// the request when the certificate was revoked or has expired while its connection was open, and ends the connection.
/// Routes find the certificate in ``HubContext/peer`` and don't ask again. ``OpenConnections`` ends connections on
/// which nobody asks; a request may be on its way at that moment.
package struct LastingPeers: RouterMiddleware {
    private let loss: PeerLossCheck

    package init(loss: @escaping PeerLossCheck) {
        self.loss = loss
    }

    /// Lets the request through, or answers 403.
    package func handle(
        _ request: Request, context: HubContext, next: (Request, HubContext) async throws -> Response
    ) async throws -> Response {
        try await next(request, try context.judged(loss))
    }
}

/// Why a certificate that was accepted at the handshake is no longer valid.
package enum PeerLoss: Sendable, Equatable {
    /// It was revoked.
    case revoked
    /// Its time is over.
    case ended
}
