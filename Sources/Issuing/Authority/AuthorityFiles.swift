internal import Files
package import PKI

/// Where an authority's certificate, chain and key are, and how to open the key.
package struct AuthorityFiles: Sendable {
    /// PEM: the issuing certificate first, then what leads to its root.
    package var certificate: String
    /// PEM, perhaps encrypted; or the URI of a key in a token or provider.
    package var key: String
    /// File with the passphrase of an encrypted key, or the PIN of a token.
    package var passphrase: String?
    /// PKCS#11 library for a key in a token whose URI names none.
    package var module: String?
    /// Whether the operator named them: then they must exist.
    package var areGiven: Bool
    /// Folder of systemd's credentials, whose mode is systemd's affair.
    package var credentials: String?

    /// Life of an authority the hub makes: 20 years (docs/protocols/idprov.md 9).
    private static let lifeSeconds: Int64 = 20 * 365 * 86_400
    /// 2025-01-01T00:00:00Z: before that there was no hub.
    private static let firstMoment: Int64 = 1_735_689_600

    /// Validity of an authority made now. It can't be made anew when the clock turns out to have been wrong: so it
    /// begins before any clock there is, and does not end with one that was never set.
    static func validity(now: Int64) -> (begin: Int64, end: Int64) {
        (min(now - 60, 0), max(now, firstMoment) + lifeSeconds)
    }

    package init(
        certificate: String, key: String, passphrase: String? = nil, module: String? = nil, areGiven: Bool,
        credentials: String? = nil
    ) {
        self.credentials = credentials
        self.certificate = certificate
        self.key = key
        self.passphrase = passphrase
        self.module = module
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
        guard SecureFile.exists(certificate) else {
            throw TokenURI.hasScheme(key)
                ? IssuingError.tokenWithoutCertificate(missing: certificate)
                : IssuingError.halfAuthority(missing: certificate)
        }
        guard isProviderKey || SecureFile.exists(key) else { throw IssuingError.halfAuthority(missing: key) }
        let certificates = try readCertificates()
        let privateKey = try readKey()
        try check(certificates, privateKey, now: now)
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
        if TokenURI.hasScheme(key) { return try readTokenKey() }
        if isProviderKey {
            guard let found = try? PrivateKey(providerURI: key) else {
                throw IssuingError.unreadable(file: key, reason: "no OpenSSL provider finds a private key there")
            }
            return found
        }
        try requirePrivate(key)
        let text = try SecureFile.read(key)
        let secret = try readSecret(passphrase)
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

    /// The URI's own module and PIN file win over the configured ones.
    private func readTokenKey() throws -> PrivateKey {
        var name = "ca.key"
        var library: String?
        do {
            let uri = try TokenURI(key)
            name = uri.description
            library = uri.modulePath ?? module
            return try PrivateKey.inToken(uri, module: module, pin: try readSecret(uri.pinFile ?? passphrase))
        } catch let error as PKIError {
            throw IssuingError.token(
                error.step, key: name, module: library, reason: error.reasons.first ?? error.step.rawValue)
        }
    }

    /// Passphrase or PIN: a file's one line.
    private func readSecret(_ file: String?) throws -> [UInt8]? {
        guard let file else { return nil }
        try requirePrivate(file)
        var bytes = try SecureFile.secret(file)
        while let last = bytes.last, last == 0x0A || last == 0x0D { bytes.removeLast() }
        return bytes
    }

    private func check(_ certificates: [Certificate], _ privateKey: PrivateKey, now: Int64) throws {
        let authority = certificates[0]
        guard authority.isAuthority else { throw IssuingError.notAnAuthority(file: certificate) }
        guard authority.notAfter > now else {
            throw IssuingError.authorityExpired(file: certificate, at: authority.notAfter)
        }
        guard authority.matches(privateKey) else {
            throw IssuingError.authorityKeyMismatch(certificate: certificate, key: shownKey)
        }
        for (below, above) in zip(certificates, certificates.dropFirst()) where !below.isSigned(by: above) {
            throw IssuingError.brokenChain(file: certificate)
        }
    }

    /// The key as it may be shown: a URI without where its PIN is.
    private var shownKey: String { (try? TokenURI(key))?.description ?? key }

    /// A P-256 root for 20 years (docs/protocols/idprov.md 9). The key is written first: a power cut between the two
    /// files leaves a key alone, and the next start makes its certificate.
    private func make(name: String, organization: String, now: Int64) throws {
        let privateKey = SecureFile.exists(key) ? try readKey() : try PrivateKey.makeP256()
        let (begin, end) = Self.validity(now: now)
        let root = try CertificateSigner.makeAuthority(
            commonName: name, organization: organization, key: privateKey, serial: .random(), notBefore: begin,
            notAfter: end)
        if !SecureFile.exists(key) { try SecureFile.write(try privateKey.pem(), to: key, mode: 0o600) }
        try SecureFile.write(root.pem, to: certificate, mode: 0o644)
    }
}
