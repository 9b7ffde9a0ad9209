internal import Files
internal import Journal
package import PKI
internal import Store

/// The hub's own certificate: made, kept on disk, and made anew before it ends or when names or addresses change.
package struct ServerCertificate: Sendable {
    /// PEM file of the certificate.
    package let certificateFile: String
    /// PEM file of its key.
    package let keyFile: String
    private let issuer: Issuer

    /// Names the files; nothing is read yet.
    package init(certificateFile: String, keyFile: String, issuer: Issuer) {
        self.certificateFile = certificateFile
        self.keyFile = keyFile
        self.issuer = issuer
    }

    /// The certificate to serve now, issued again when the one on disk no longer fits. Under an authority that has
    /// ended it stays, whatever changes: nobody believes that authority any more.
    ///
    /// - Parameters:
    ///   - names: DNS names; single labels other than the `.local` name are left out, no client checks them.
    ///   - addresses: IP addresses of the hub's interfaces.
    /// - Returns: certificate, key, and whether it was issued just now.
    package func current(
        names: [String], addresses: [String]
    ) async throws -> (certificate: Certificate, key: PrivateKey, isNew: Bool) {
        guard let commonName = names.first ?? addresses.first else { throw IssuingError.noNames }
        if let (certificate, key) = onDisk(),
            issuer.hasEnded || fits(certificate, names: names, addresses: addresses)
        {
            return (certificate, key, false)
        }
        let key = try (try? readKey()) ?? PrivateKey.makeP256()
        let certificate = try await issuer.issueForHub(
            commonName: String(commonName.prefix(64)), publicKey: key.publicKey,
            names: names.map { .dns($0) } + addresses.map { .address($0) }, by: .hub)
        try SecureFile.write(try key.pem(), to: keyFile, mode: 0o600)
        try SecureFile.write(certificate.pem, to: certificateFile, mode: 0o644)
        return (certificate, key, true)
    }

    private func onDisk() -> (Certificate, PrivateKey)? {
        guard let text = try? SecureFile.read(certificateFile), let certificate = try? Certificate(pem: text),
            let key = try? readKey(), certificate.matches(key)
        else { return nil }
        return (certificate, key)
    }

    private func readKey() throws -> PrivateKey {
        try PrivateKey(pem: try SecureFile.read(keyFile), passphrase: nil)
    }

    /// Where the CRL is may have changed with the configuration: the URLs of the profile must be in the certificate.
    private func publishes(_ certificate: Certificate) -> Bool {
        guard let profile = try? issuer.authority.profile("server") else { return false }
        return [profile.crlURL, profile.ocspURL].allSatisfy { $0.map(certificate.mentions) ?? true }
    }

    /// It must come from this authority, bear the hub's mark, name everything the hub is reached by, and have a third
    /// of its life left or end with the authority.
    private func fits(_ certificate: Certificate, names: [String], addresses: [String]) -> Bool {
        certificate.isSigned(by: issuer.authority.certificate) && issuer.isValid(certificate)
            && HubRecognition(certificate) == .marked && publishes(certificate)
            && Set(names).isSubset(of: certificate.dnsNames)
            && Set(addresses).isSubset(of: certificate.addresses)
            && issuer.lasts(certificate, of: issuer.authority, share: 3)
    }
}

extension Issuer {
    /// Issues the hub's own server certificate: the only one that bears ``HubName``, by which devices know the hub.
    ///
    /// - Throws: as ``issue(commonName:ou:publicKey:names:validity:authority:by:)``.
    func issueForHub(
        commonName: String, publicKey: PublicKey, names: [SubjectAlternativeName], by requester: Requester
    ) async throws -> Certificate {
        let authority = authority
        var profile = try authority.profile("server")
        profile.subjectAlternativeNames.insert(.uri)
        let certificate = try authority.sign(
            commonName: commonName, publicKey: publicKey, profile: profile, names: names + [.uri(HubName.uri)],
            now: journal.now())
        try await journal.store.write { [self] db in
            try record(certificate, ou: "server", authority: authority.generation, by: requester, in: db)
        }
        return certificate
    }
}

/// The certificate an operator on the hub's own machine uses over the network: made on the first start, renewed
/// once half its life is over.
package struct AdminCertificate: Sendable {
    /// What it is issued to.
    static let commonName = "hub admin"

    private let certificateFile: String
    private let keyFile: String
    private let issuer: Issuer

    /// Names the files; nothing is read yet.
    package init(certificateFile: String, keyFile: String, issuer: Issuer) {
        self.certificateFile = certificateFile
        self.keyFile = keyFile
        self.issuer = issuer
    }

    /// Makes the certificate when there is none that will last, and an authority to sign it.
    package func ensure() async throws {
        guard !issuer.hasEnded else { return }
        let text = try? SecureFile.read(certificateFile)
        if let certificate = text.flatMap({ try? Certificate(pem: $0) }),
            certificate.isSigned(by: issuer.authority.certificate), issuer.isValid(certificate),
            let key = try? PrivateKey(pem: try SecureFile.read(keyFile), passphrase: nil), certificate.matches(key),
            issuer.lasts(certificate, of: issuer.authority, share: 2)
        {
            return
        }
        let key = try PrivateKey.makeP256()
        let certificate = try await issuer.issue(
            commonName: Self.commonName, ou: "admin", publicKey: key.publicKey, by: .hub)
        try SecureFile.write(try key.pem(), to: keyFile, mode: 0o600)
        try SecureFile.write(certificate.pem, to: certificateFile, mode: 0o644)
    }
}
