internal import PKI

/// The rule by which a device goes on from the CA it knows to the next one: the old one must have signed the new one's
/// key.
///
/// That the answer came over a connection the old CA vouches for is not enough: a stolen server key must not be able to
/// take devices over forever.
struct Succession {
    /// The CA certificates the device knows.
    let pinned: [Certificate]
    /// What the hub showed in the TLS handshake, among it the cross certificates of a rollover.
    let shown: [Certificate]

    /// Whether every CA named is known, or vouched for by one that is.
    func admits(_ named: [Certificate], at moment: Int64) -> Bool {
        named.allSatisfy { pinned.contains($0) || isVouchedFor($0, at: moment) }
    }

    private func isVouchedFor(_ successor: Certificate, at moment: Int64) -> Bool {
        let store = TrustStore(roots: pinned, intermediates: shown)
        return shown.contains { cross in
            cross.isAuthority && cross.publicKey == successor.publicKey && cross.subjectDER == successor.subjectDER
                && (try? store.verify(cross, purpose: .any, at: max(moment, cross.notBefore))) != nil
        }
    }
}
