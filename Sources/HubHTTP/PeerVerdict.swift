package import PKI

/// What a client certificate is worth, decided while the handshake waits.
package enum PeerVerdict: Sendable {
    /// It comes from an authority of the site, is within its validity and was not revoked.
    case accepted
    /// It has ended, but until then (Unix seconds) its device may still renew with it; good for nothing else.
    case ended(until: Int64)
    /// Nothing: the handshake fails with an alert.
    case refused
}

/// Decides about the certificates a client showed, its own first. Called on an event loop, so it must not wait for
/// anything.
package typealias PeerCheck = @Sendable (_ chain: [Certificate]) -> PeerVerdict
