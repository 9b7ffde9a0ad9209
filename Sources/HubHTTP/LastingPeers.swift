internal import HTTPTypes
package import Hummingbird

/// Refuses every request of a peer whose certificate was taken back or has ended while its connection is open
/// (docs/protocols/enrolment.md 1.2: such a certificate counts as none, and blocks), and ends the connection: what the
/// certificate is still worth, a new handshake finds out.
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
        if let loss = loss(context.peer) { throw loss }
        return try await next(request, context)
    }
}

/// Why a certificate that was accepted at the handshake counts no more.
package enum PeerLoss: Error, PeerFacingError {
    /// It was taken back.
    case revoked
    /// Its time is over.
    case ended

    package var status: HTTPResponse.Status { .forbidden }
    package var code: String {
        switch self {
        case .revoked: "revokedCertificate"
        case .ended: "endedCertificate"
        }
    }
    package var message: String {
        switch self {
        case .revoked: "the client certificate was revoked"
        case .ended: "the client certificate has ended"
        }
    }
    package var hint: String { "" }
    package var endsConnection: Bool { true }
}
