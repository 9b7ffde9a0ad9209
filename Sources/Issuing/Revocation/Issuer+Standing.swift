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
    /// Judges a client's certificates, its own first.
    ///
    /// One that is in the store byte for byte needs no look at its signature: the hub made it. Others, after the
    /// restoration of an older copy or under an authority the operator brought along, are verified by OpenSSL.
    package func standing(of chain: [Certificate]) -> CertificateStatus {
        guard let leaf = chain.first, !isRevoked(leaf) else { return .refused }
        let now = journal.now()
        if isOfTheFuture(leaf) { return isKnown(leaf, at: leaf.notBefore) ? .ended : .refused }
        let moment = now > leaf.notAfter && now <= graceEnd(of: leaf) ? leaf.notAfter : now
        guard moment <= leaf.notAfter else { return .refused }
        if !isKnown(leaf, at: moment) {
            guard isVerified(chain, at: moment) else { return .refused }
            // The rights of a tunnel end with their token, which is not known either.
            if moment == now, !leaf.isForTunnel { seen.note(leaf) }
        }
        return moment == now ? .valid : .ended
    }

    private func isKnown(_ leaf: Certificate, at moment: Int64) -> Bool {
        let serial = leaf.serial.description
        guard
            let record = try? journal.store.lookUp({ db in try CertificateStore.find(serial: serial, in: db) }
            ),
            record.der == leaf.der, record.revokedAt == nil, moment >= leaf.notBefore,
            let authority = authorities.authority(record.authority),
            let profile = try? authority.profile(record.ou)
        else { return false }
        return profile.extendedKeyUsage.contains(.clientAuth)
    }

    private func isVerified(_ chain: [Certificate], at moment: Int64) -> Bool {
        let trust = authorities.trust
        let store = TrustStore(roots: trust.roots, intermediates: Array(chain.dropFirst()))
        return (try? store.verify(chain[0], purpose: .client, at: moment)) != nil
    }
}
