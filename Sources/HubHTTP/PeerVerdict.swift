package import PKI

/// What a client certificate is worth, decided while the handshake waits.
package enum PeerVerdict: Sendable {
    /// It comes from an authority of the site, is in its time and was not taken back.
    case accepted
    /// It has ended, but is within the time in which its device may still renew; good for nothing else.
    case ended
    /// Nothing: the handshake fails with an alert.
    case refused
}

/// Decides about the certificates a client showed, its own first. Called on an event loop, so it must not wait for anything.
package typealias PeerCheck = @Sendable (_ chain: [Certificate]) -> PeerVerdict
