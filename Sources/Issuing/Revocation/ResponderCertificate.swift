internal import Files
internal import Journal
internal import PKI

/// The certificate the OCSP responder signs with: one for each authority, made by the hub and made anew before it ends.
package struct ResponderCertificate: Sendable {
    private let folder: String
    private let issuer: Issuer

    /// Names the folder of `ocsp.crt` and `ocsp.key`; nothing is read yet.
    package init(folder: String, issuer: Issuer) {
        self.folder = folder
        self.issuer = issuer
    }

    /// Gives the responder a signer for every authority that can sign, and renews those that will end.
    package func refresh(_ responder: OCSPResponder) async throws {
        let authorities = issuer.authorities
        let now = issuer.journal.now()
        responder.keep(only: Set(authorities.all.map(\.generation)))
        for authority in authorities.all where authority.hasKey && !authority.hasEnded(at: now) {
            responder.use(try await signer(authority), for: authority.generation)
        }
    }

    private func signer(_ authority: Authority) async throws -> OCSPSigner {
        let name = authority.generation == 1 ? "ocsp" : "ocsp-\(authority.generation)"
        let (certificateFile, keyFile) = (folder + "/\(name).crt", folder + "/\(name).key")
        if let text = try? SecureFile.read(certificateFile), let kept = try? Certificate(pem: text),
            let key = try? PrivateKey(pem: try SecureFile.read(keyFile), passphrase: nil), fits(kept, authority),
            let signer = try? OCSPSigner(certificate: kept, key: key, authority: authority.certificate)
        {
            return signer
        }
        let key = try PrivateKey.makeP256()
        let certificate = try await issuer.issue(
            commonName: "OCSP responder", ou: "ocsp", publicKey: key.publicKey, authority: authority, by: .hub)
        try SecureFile.write(try key.pem(), to: keyFile, mode: 0o600)
        try SecureFile.write(certificate.pem, to: certificateFile, mode: 0o644)
        return try OCSPSigner(certificate: certificate, key: key, authority: authority.certificate)
    }

    private func fits(_ certificate: Certificate, _ authority: Authority) -> Bool {
        certificate.isSigned(by: authority.certificate) && issuer.isValid(certificate)
            && issuer.lasts(certificate, of: authority, share: 3)
    }
}
