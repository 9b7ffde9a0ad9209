package import PKI

/// One certificate authority of the site: the only holder of its key.
///
/// It turns a public key and a name into a certificate of a profile, and keeps nothing: what it signed is stored by
/// ``Issuer``.
package struct Authority: Sendable {
    /// Which authority of the site it is, counted from 1; each rotation adds one.
    package let generation: Int64
    /// The certificate named as issuer in everything it signs.
    package let certificate: Certificate
    /// Certificates between ``certificate`` and an offline root, nearest first, the root included when it was given.
    package let chain: [Certificate]
    /// `O` of everything it signs.
    package let organization: String
    private let profiles: [String: CertificateProfile]
    private let signer: CertificateSigner?

    /// Takes over an authority's certificate and key; they were checked by ``AuthorityFiles``.
    ///
    /// - Parameters:
    ///   - key: `nil` for an authority of the past whose key is gone; it can't sign.
    ///   - publication: where its CRL and the like will be found; `nil` when nowhere.
    package init(
        generation: Int64 = 1, certificate: Certificate, chain: [Certificate], key: PrivateKey?, organization: String,
        profiles: [CertificateProfile], publication: Publication? = nil
    ) throws {
        self.generation = generation
        self.certificate = certificate
        self.chain = chain
        self.organization = organization
        let published = profiles.map { publication?.applied(to: $0, generation: generation) ?? $0 }
        self.profiles = Dictionary(published.map { ($0.name, $0) }, uniquingKeysWith: { _, last in last })
        signer = try key.map { try CertificateSigner(issuer: certificate, key: $0, organization: organization) }
    }

    /// What a TLS server adds to its own certificate so that clients who know only a root can verify: nothing under a
    /// root of the hub's own, the authority and what lies above it under an offline root.
    var chainToShow: [Certificate] {
        certificate.subjectDER == certificate.issuerDER
            ? [] : [certificate] + chain.filter { $0.subjectDER != $0.issuerDER }
    }

    /// Whether it can sign.
    package var hasKey: Bool { signer != nil }

    /// Whether its time is over at a moment, Unix seconds: then it signs nothing.
    package func hasEnded(at now: Int64) -> Bool { certificate.notAfter <= now }

    /// When a certificate signed at a moment ends, Unix seconds: never after the authority itself.
    func end(_ profile: CertificateProfile, validity: Int64? = nil, at now: Int64) -> Int64 {
        min(now + (validity ?? profile.validitySeconds), certificate.notAfter)
    }

    /// The profile of an OU.
    package func profile(_ name: String) throws -> CertificateProfile {
        guard let profile = profiles[name] else { throw IssuingError.unknownProfile(name) }
        return profile
    }

    /// Signs a certificate with a fresh random serial.
    ///
    /// - Parameter validity: seconds from now, 1 or more, instead of the profile's; never beyond the authority's own
    ///   end.
    /// - Throws: ``IssuingError/authorityEnded(at:)``, ``IssuingError/authorityWithoutKey(generation:)``,
    ///   ``IssuingError/keyNotAllowed``, `PKIError`.
    package func sign(
        commonName: String, publicKey: PublicKey, profile: CertificateProfile,
        names: [SubjectAlternativeName] = [], validity: Int64? = nil, now: Int64
    ) throws -> Certificate {
        guard profile.allows(publicKey.kind) else { throw IssuingError.keyNotAllowed }
        let fields = CertificateFields(
            commonName: commonName, publicKey: publicKey, serial: .random(), notBefore: now - profile.backdateSeconds,
            notAfter: end(profile, validity: validity, at: now), subjectAlternativeNames: names)
        return try usableSigner(now).sign(fields, profile: profile)
    }

    /// Signs a CRL of its own certificates, DER.
    package func signRevocationList(
        _ entries: [RevokedEntry], number: Int64, thisUpdate: Int64, nextUpdate: Int64
    ) throws -> [UInt8] {
        try usableSigner(thisUpdate).signRevocationList(
            entries, number: number, thisUpdate: thisUpdate, nextUpdate: nextUpdate)
    }

    /// Signs another authority's name and key, so that those who trust this one can go on to that one. It is valid
    /// while both are.
    package func cross(_ other: Certificate, now: Int64) throws -> Certificate {
        try usableSigner(now).crossSign(
            other, serial: .random(), notBefore: max(other.notBefore, certificate.notBefore),
            notAfter: min(other.notAfter, certificate.notAfter))
    }

    private func usableSigner(_ now: Int64) throws -> CertificateSigner {
        guard !hasEnded(at: now) else { throw IssuingError.authorityEnded(at: certificate.notAfter) }
        guard let signer else { throw IssuingError.authorityWithoutKey(generation: generation) }
        return signer
    }
}
