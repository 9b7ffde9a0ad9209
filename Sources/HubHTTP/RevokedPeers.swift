internal import HTTPTypes
package import Hummingbird
package import PKI

/// Refuses every request of a peer whose certificate was taken back while its connection is open (spec/enrolment.md 1.2: such a
/// certificate counts as none, and blocks).
package struct RevokedPeers: RouterMiddleware {
    private let isValid: @Sendable (Certificate) -> Bool

    /// - Parameter isValid: whether a certificate that was accepted at the handshake still counts.
    package init(isValid: @escaping @Sendable (Certificate) -> Bool) {
        self.isValid = isValid
    }

    /// Lets the request through, or answers 403.
    package func handle(
        _ request: Request, context: HubContext, next: (Request, HubContext) async throws -> Response
    ) async throws -> Response {
        if let certificate = context.peer.certificate ?? context.peer.endedCertificate, !isValid(certificate) {
            throw RevokedPeer()
        }
        return try await next(request, context)
    }
}

/// The peer's certificate was taken back.
struct RevokedPeer: Error, PeerFacingError {
    var status: HTTPResponse.Status { .forbidden }
    var code: String { "revokedCertificate" }
    var message: String { "the client certificate was revoked" }
    var hint: String { "" }
}
