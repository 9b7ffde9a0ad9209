internal import Files
package import PKI

/// Where an authority's certificate, chain and key stand, and how to open the key.
package struct AuthorityFiles: Sendable {
    /// PEM: the issuing certificate first, then what leads to its root.
    package var certificate: String
    /// PEM, perhaps encrypted; or the URI of a key in a provider.
    package var key: String
    /// File with the passphrase of an encrypted key.
    package var passphrase: String?
    /// Whether the operator named them: then they must exist.
    package var areGiven: Bool
    /// Folder of systemd's credentials, whose mode is systemd's affair.
    package var credentials: String?

    /// Life of an authority the hub makes: 20 years (spec/idprov.md 9).
    static let lifeSeconds: Int64 = 20 * 365 * 86_400

    /// Names the files.
    package init(
        certificate: String, key: String, passphrase: String? = nil, areGiven: Bool, credentials: String? = nil
    ) {
        self.credentials = credentials
        self.certificate = certificate
        self.key = key
        self.passphrase = passphrase
        self.areGiven = areGiven
    }

    /// Reads certificates and key and checks that they can serve, or makes both on the first start.
    ///
    /// - Parameters:
    ///   - name: common name of an authority that has to be made.
    ///   - organization: its `O`.
    /// - Throws: ``IssuingError`` with the file that has to be mended.
    package func open(
        name: String, organization: String, now: Int64
    ) throws -> (certificates: [Certificate], key: PrivateKey) {
        if !areGiven, !SecureFile.exists(certificate) { try make(name: name, organization: organization, now: now) }
        guard SecureFile.exists(certificate) else { throw IssuingError.halfAuthority(missing: certificate) }
        guard isProviderKey || SecureFile.exists(key) else { throw IssuingError.halfAuthority(missing: key) }
        let certificates = try readCertificates()
        let privateKey = try readKey()
        try check(certificates[0], privateKey, now: now)
        return (certificates, privateKey)
    }

    private var isProviderKey: Bool { key.contains(":") && !key.hasPrefix("/") }

    private func requirePrivate(_ file: String) throws {
        if let credentials, file.hasPrefix(credentials + "/") { return }
        let mode = try SecureFile.mode(file)
        guard mode & 0o077 == 0 else { throw IssuingError.keyFileTooOpen(file: file, mode: mode) }
    }

    private func readCertificates() throws -> [Certificate] {
        let text = try SecureFile.read(certificate)
        guard let certificates = try? Certificate.all(inPEM: text), !certificates.isEmpty else {
            throw IssuingError.unreadable(file: certificate, reason: "it holds no PEM certificate")
        }
        return certificates
    }

    private func readKey() throws -> PrivateKey {
        if isProviderKey { return try PrivateKey(providerURI: key) }
        try requirePrivate(key)
        let text = try SecureFile.read(key)
        var secret: [UInt8]?
        if let passphrase {
            try requirePrivate(passphrase)
            var bytes = Array(try SecureFile.read(passphrase).utf8)
            while let last = bytes.last, last == 0x0A || last == 0x0D { bytes.removeLast() }
            secret = bytes
        }
        do {
            return try PrivateKey(pem: text, passphrase: secret)
        } catch {
            switch error.step {
            case .passphraseNeeded: throw IssuingError.passphraseNeeded(file: key)
            case .wrongPassphrase: throw IssuingError.wrongPassphrase(file: key)
            default: throw IssuingError.unreadable(file: key, reason: "it holds no PEM private key")
            }
        }
    }

    private func check(_ authority: Certificate, _ privateKey: PrivateKey, now: Int64) throws {
        guard authority.isAuthority else { throw IssuingError.notAnAuthority(file: certificate) }
        guard authority.notAfter > now else {
            throw IssuingError.authorityExpired(file: certificate, at: authority.notAfter)
        }
        guard authority.matches(privateKey) else {
            throw IssuingError.authorityKeyMismatch(certificate: certificate, key: key)
        }
    }

    /// A P-256 root for 20 years (spec/idprov.md 9). The key is written first: a power cut between the two files leaves a key
    /// alone, and the next start makes its certificate.
    private func make(name: String, organization: String, now: Int64) throws {
        let privateKey = SecureFile.exists(key) ? try readKey() : try PrivateKey.makeP256()
        let root = try CertificateSigner.makeAuthority(
            commonName: name, organization: organization, key: privateKey, serial: .random(), notBefore: now - 60,
            notAfter: now + Self.lifeSeconds)
        if !SecureFile.exists(key) { try SecureFile.write(try privateKey.pem(), to: key, mode: 0o600) }
        try SecureFile.write(root.pem, to: certificate, mode: 0o644)
    }
}
