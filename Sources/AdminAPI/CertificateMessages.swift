package struct AdminCertificateView: Codable, Sendable {
    /// Lower-case hexadecimal.
    package var serial: String
    package var commonName: String
    package var ou: String
    /// Begin of its life.
    package var notBefore: String
    /// End of its life.
    package var notAfter: String
    /// When it was revoked.
    package var revokedAt: String?
    /// Why it was revoked: `keyCompromise`, `certificateHold` and so on.
    package var reason: String?
    /// SHA-256 of the certificate.
    package var fingerprint: String?
    /// The certificate; in listings absent.
    package var pem: String?
    /// Its whole subject in the form of RFC 2253; absent for devices.
    package var subject: String?

    /// Whether nothing but the serial is known, and that it was revoked.
    package var isUnknown: Bool { commonName.isEmpty && ou.isEmpty }

    package init(
        serial: String, commonName: String, ou: String, notBefore: String, notAfter: String, revokedAt: String? = nil,
        fingerprint: String? = nil, pem: String? = nil
    ) {
        self.serial = serial
        self.commonName = commonName
        self.ou = ou
        self.notBefore = notBefore
        self.notAfter = notAfter
        self.revokedAt = revokedAt
        self.fingerprint = fingerprint
        self.pem = pem
    }
}

/// Asks for a certificate for a public key.
package struct AdminCertificateRequest: Codable, Sendable {
    package var commonName: String
    /// Role: `client`, `service`, `plugin`, `admin`.
    package var ou: String
    /// `PUBLIC KEY` block.
    package var publicKeyPEM: String
    /// DNS names, IP addresses and URIs, where the profile admits them.
    package var names: [String]?
    /// Life in days instead of the profile's.
    package var validityDays: Int?

    package init(commonName: String, ou: String, publicKeyPEM: String, names: [String]?, validityDays: Int?) {
        self.commonName = commonName
        self.ou = ou
        self.publicKeyPEM = publicKeyPEM
        self.names = names
        self.validityDays = validityDays
    }
}
