package import Journal
package import PKI

/// When a certificate is worth signing: not by an authority that has ended, and not in place of one that lasts as long.
extension Issuer {
    /// Whether the authority that signs came to its end while the hub runs: then nothing is signed until another is in
    /// place.
    package var hasEnded: Bool { authority.hasEnded(at: journal.now()) }

    /// Whether a certificate begins later than now: a clock that was ahead made it, and nobody whose clock is right
    /// believes it (docs/time.md).
    func isOfTheFuture(_ certificate: Certificate) -> Bool { certificate.notBefore > journal.now() }

    /// Whether a certificate of the hub's own may stay for now: it has begun, and a share of its life is left, or it
    /// ends with its authority, so that another one of that authority would last no longer.
    ///
    /// - Parameter share: 2 for half of its life, 3 for a third.
    func lasts(_ certificate: Certificate, of authority: Authority, share: Int64) -> Bool {
        guard !isOfTheFuture(certificate) else { return false }
        let left = certificate.notAfter - journal.now()
        return left > (certificate.notAfter - certificate.notBefore) / share
            || certificate.notAfter >= authority.certificate.notAfter
    }

    /// Takes one out of the share of certificates of a name that holds one: a client that asks in a loop, with whatever
    /// keys, must not fill the store.
    ///
    /// - Returns: `nil` when it may have one, else the seconds until it may.
    func renewalWait(_ commonName: String, _ profile: CertificateProfile) -> Int64? {
        let interval = min(max(profile.validitySeconds / 8, 3), 3600)
        return renewals.take("\(profile.name) \(commonName)", interval: interval, now: journal.steady())
    }

    /// Issues again for somebody who shows a certificate that belongs to no device.
    ///
    /// - Parameter held: the certificate shown; it is given once more when another would last no longer.
    /// - Throws: as ``issue(commonName:ou:publicKey:names:validity:authority:by:)``, and
    ///   ``IssuingError/tooManyCertificates(seconds:)``.
    package func renew(
        _ held: Certificate, ou: String, publicKey: PublicKey, names: [SubjectAlternativeName], by requester: Requester
    ) async throws -> Certificate {
        let authority = authority
        guard !hasEnded else { throw IssuingError.authorityEnded(at: authority.certificate.notAfter) }
        if held.publicKey == publicKey, held.notAfter >= authority.certificate.notAfter, !isOfTheFuture(held),
            held.isSigned(by: authority.certificate)
        {
            return held
        }
        if let seconds = renewalWait(held.subject.commonName, try authority.profile(ou)) {
            throw IssuingError.tooManyCertificates(seconds: seconds)
        }
        return try await issue(
            commonName: held.subject.commonName, ou: ou, publicKey: publicKey, names: names, by: requester)
    }
}
