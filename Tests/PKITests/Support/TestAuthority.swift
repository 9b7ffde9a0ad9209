@testable import PKI

/// An authority that the product made, and certificates of it.
struct TestAuthority {
    static let start: Int64 = 1_700_000_000
    static let end: Int64 = 2_400_000_000
    /// A moment at which everything is valid.
    static let now: Int64 = 1_850_000_000

    let certificate: Certificate
    let key: PrivateKey
    let signer: CertificateSigner

    init(_ name: String = "Test CA", key: PrivateKey? = nil) throws {
        let key = if let key { key } else { try PrivateKey.makeP256() }
        self.key = key
        certificate = try CertificateSigner.makeAuthority(
            commonName: name, organization: "Test Zone", key: key, serial: .random(), notBefore: Self.start,
            notAfter: Self.end)
        signer = try CertificateSigner(issuer: certificate, key: key, organization: "Test Zone")
    }

    func issue(
        _ profile: CertificateProfile, _ name: String = "d1", key: PublicKey? = nil,
        notBefore: Int64 = 1_800_000_000, notAfter: Int64 = 1_900_000_000,
        names: [SubjectAlternativeName] = [], serial: Serial = .random()
    ) throws -> Certificate {
        let publicKey = if let key { key } else { try PrivateKey.makeP256().publicKey }
        return try signer.sign(
            CertificateFields(
                commonName: name, publicKey: publicKey, serial: serial, notBefore: notBefore, notAfter: notAfter,
                subjectAlternativeNames: names), profile: profile)
    }
}
