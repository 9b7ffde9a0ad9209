internal import Journal
package import PKI
internal import Store

/// What a certificate that a client shows is worth now.
package enum CertificateStatus: Sendable, Equatable {
    case valid
    /// It has ended, or the hub made it while its clock was ahead; its device may be allowed to renew with it.
    case ended
    /// It was revoked, is not ours, or ended too long ago.
    case refused
}

extension Issuer {
    /// Judges a client's certificates, its own first, in memory alone: handshakes don't depend on the store.
    ///
    /// What counts is the signature of an authority of the site, the time, and the index of what was revoked.
    /// Certificates that this run has neither made nor verified are verified by OpenSSL, and noted for
    /// ``unknownCertificates``: after the restoration of an older copy, or under an authority the operator brought
    /// along, the store may not know them.
    package func standing(of chain: [Certificate]) -> CertificateStatus {
        guard let leaf = chain.first, !isRevoked(leaf) else { return .refused }
        let now = journal.now()
        if isOfTheFuture(leaf) { return isVerified(chain, at: leaf.notBefore, isNow: false) ? .ended : .refused }
        let moment = now > leaf.notAfter && now <= graceEnd(of: leaf) ? leaf.notAfter : now
        guard moment <= leaf.notAfter, isVerified(chain, at: moment, isNow: moment == now) else { return .refused }
        return moment == now ? .valid : .ended
    }

    private func isVerified(_ chain: [Certificate], at moment: Int64, isNow: Bool) -> Bool {
        let (leaf, authorities) = (chain[0], authorities)
        if let number = verified.signer(of: leaf), let signer = authorities.authority(number),
            leaf.isWithinItsTime(at: moment), signer.certificate.isWithinItsTime(at: moment)
        {
            return true
        }
        let store = TrustStore(roots: authorities.all.map(\.certificate), intermediates: Array(chain.dropFirst()))
        // OpenSSL takes a certificate's last second for one after its end.
        let checked = min(moment, leaf.notAfter - 1)
        guard (try? store.verify(leaf, purpose: .client, at: checked)) != nil else { return false }
        // A remembered certificate is not queued again. So it is remembered only if it was queued, or need not be: the
        // rights of a tunnel end with their token. One verified through an intermediate of the client's is verified
        // each time.
        if leaf.isForTunnel || (isNow && seen.note(leaf)),
            let signer = authorities.all.first(where: { leaf.isSigned(by: $0.certificate) })
        {
            verified.add(leaf, signer: signer.generation)
        }
        return true
    }

    /// Keeps that an authority has just signed a certificate, so that its first handshake costs no signature check.
    func noteIssued(_ certificate: Certificate, of profile: CertificateProfile, by authority: Authority) {
        guard profile.extendedKeyUsage.contains(.clientAuth) else { return }
        verified.add(certificate, signer: authority.generation)
    }
}

extension Certificate {
    fileprivate func isWithinItsTime(at moment: Int64) -> Bool {
        (notBefore...max(notBefore, notAfter)).contains(moment)
    }
}
