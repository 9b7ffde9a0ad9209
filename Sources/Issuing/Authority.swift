package import PKI

/// The site's certificate authority: the only holder of the CA's key.
///
/// It turns a public key and a name into a certificate of a profile, and keeps nothing: what it signed is stored by ``Issuer``.
package struct Authority: Sendable {
    /// The certificate devices pin.
    package let certificate: Certificate
    /// Certificates between ``certificate`` and an offline root, nearest first; empty for a root of the hub's own.
    package let chain: [Certificate]
    /// `O` of everything it signs.
    package let organization: String
    private let profiles: [String: CertificateProfile]
    private let signer: CertificateSigner

    /// Takes over an authority's certificate and key; they were checked by ``AuthorityFiles``.
    package init(
        certificate: Certificate, chain: [Certificate], key: PrivateKey, organization: String,
        profiles: [CertificateProfile]
    ) throws {
        self.certificate = certificate
        self.chain = chain
        self.organization = organization
        self.profiles = Dictionary(profiles.map { ($0.name, $0) }, uniquingKeysWith: { _, last in last })
        signer = try CertificateSigner(issuer: certificate, key: key, organization: organization)
    }

    /// The root and what lies between, as one PEM text: what clients need to verify.
    package var bundlePEM: String {
        ([certificate] + chain).map(\.pem).joined()
    }

    /// The profile of an OU.
    package func profile(_ name: String) throws -> CertificateProfile {
        guard let profile = profiles[name] else { throw IssuingError.unknownProfile(name) }
        return profile
    }

    /// Signs a certificate with a fresh random serial.
    ///
    /// - Parameter validity: seconds from now, instead of the profile's; never beyond the authority's own end.
    package func sign(
        commonName: String, publicKey: PublicKey, profile: CertificateProfile,
        names: [SubjectAlternativeName] = [], validity: Int64? = nil, now: Int64
    ) throws -> Certificate {
        guard profile.allows(publicKey.kind) else { throw IssuingError.keyNotAllowed }
        let end = min(now + (validity ?? profile.validitySeconds), certificate.notAfter)
        let fields = CertificateFields(
            commonName: commonName, publicKey: publicKey, serial: .random(), notBefore: now - profile.backdateSeconds,
            notAfter: end, subjectAlternativeNames: names)
        return try signer.sign(fields, profile: profile)
    }
}

extension Authority {
    /// What a TLS server adds to its own certificate so that clients who know only the root can verify: nothing under a root of
    /// the hub's own, the authority and what lies above it under an offline root.
    package var chainToShow: [Certificate] {
        certificate.subjectDER == certificate.issuerDER
            ? [] : [certificate] + chain.filter { $0.subjectDER != $0.issuerDER }
    }
}
