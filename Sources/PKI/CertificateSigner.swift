internal import COpenSSL
internal import Synchronization

/// Signs certificates with an authority's key. Immutable but for a cache of templates behind a lock.
package final class CertificateSigner: Sendable {
    let issuer: Certificate
    let key: PrivateKey
    let organization: String
    let algorithm: SignatureAlgorithm
    private let templates = Mutex<[String: (profile: CertificateProfile, template: CertificateTemplate)]>([:])
    /// `nil` for a key in a token: not every token can copy what was prepared, and it would not be faster.
    private let signing: SigningContext?

    /// Joins an authority's certificate and key.
    ///
    /// - Parameter organization: `O` of everything that is signed.
    package init(issuer: Certificate, key: PrivateKey, organization: String) throws(PKIError) {
        guard issuer.matches(key) else { throw PKIError(.sign) }
        self.issuer = issuer
        self.key = key
        self.organization = organization
        algorithm = SignatureAlgorithm(key.publicKey.kind)
        signing = key.isInMemory ? try SigningContext(key) : nil
    }

    /// Signs a certificate from a template.
    ///
    /// - Throws: ``PKIError/Step/encodeName`` for a common name of no or more than 64 characters,
    ///   ``PKIError/Step/encodeAddress`` for an alternative name the profile does not admit.
    package func sign(_ fields: CertificateFields, profile: CertificateProfile) throws(PKIError) -> Certificate {
        let (toBeSigned, subject) = try template(of: profile).toBeSigned(fields)
        let der = try signed(toBeSigned)
        let name = DistinguishedName(
            organization: organization, organizationalUnits: profile.organizationalUnit.map { [$0] } ?? [],
            commonName: fields.commonName)
        return Certificate(
            made: der, fields: fields, subject: name, subjectDER: subject, issuerDER: issuer.subjectDER)
    }

    /// What is to be signed, with algorithm and signature behind it: the outer form of certificates and CRLs.
    func signed(_ toBeSigned: [UInt8]) throws(PKIError) -> [UInt8] {
        let signature = if let signing { try signing.sign(toBeSigned) } else { try key.sign(toBeSigned) }
        return DER.sequence(toBeSigned, algorithm.identifier, DER.element(0x03, [0x00] + signature))
    }

    private func template(of profile: CertificateProfile) -> CertificateTemplate {
        templates.withLock { templates in
            if let known = templates[profile.name], known.profile == profile { return known.template }
            let made = CertificateTemplate(
                profile: profile, issuer: issuer, organization: organization, algorithm: algorithm.identifier)
            templates[profile.name] = (profile, made)
            return made
        }
    }
}

/// A signing context prepared once and copied for each signature: preparing costs more than the copy. It is only read
/// after `init`, and copying a context reads it: hence `@unchecked Sendable`.
final class SigningContext: @unchecked Sendable {
    private let prepared: Owned
    private let key: PrivateKey

    init(_ key: PrivateKey) throws(PKIError) {
        self.key = key
        prepared = try unsafe Owned(EVP_MD_CTX_new(), .sign) { unsafe EVP_MD_CTX_free($0) }
        let digest = unsafe SignatureAlgorithm(key.publicKey.kind).digest
        guard unsafe EVP_DigestSignInit(prepared.pointer, nil, digest, nil, key.key.pointer) == 1 else {
            throw PKIError(.sign)
        }
    }

    func sign(_ message: [UInt8]) throws(PKIError) -> [UInt8] {
        let context = try unsafe Owned(EVP_MD_CTX_new(), .sign) { unsafe EVP_MD_CTX_free($0) }
        guard unsafe EVP_MD_CTX_copy_ex(context.pointer, prepared.pointer) == 1 else { throw PKIError(.sign) }
        return try PrivateKey.sign(message, with: context)
    }
}
