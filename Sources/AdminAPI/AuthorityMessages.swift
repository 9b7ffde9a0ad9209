/// Revokes certificates, holds or releases them: one of the four names says which.
package struct AdminRevocation: Codable, Sendable {
    /// Serial, hexadecimal.
    package var serial: String?
    /// Every certificate of this device.
    package var deviceID: String?
    /// A serial or else a device ID.
    package var target: String?
    /// The certificate itself, PEM: one of the site's authorities must have signed it, the hub need not know it.
    package var certificatePEM: String?
    /// `keyCompromise`, `affiliationChanged`, `superseded`, `cessationOfOperation`, `certificateHold`,
    /// `privilegeWithdrawn`.
    package var reason: String?

    /// Names what is meant.
    package init(serial: String? = nil, deviceID: String? = nil, target: String? = nil, reason: String? = nil) {
        self.serial = serial
        self.deviceID = deviceID
        self.target = target
        self.reason = reason
    }
}

/// One of the site's authorities.
package struct AdminAuthority: Codable, Sendable {
    /// Number, from 1.
    package var generation: Int64
    /// `current` signs everything new; certificates of a `previous` one are still valid.
    package var state: String
    package var certificate: AdminCertificateView
    /// When the last certificate under it ends; `nil` when there is none.
    package var lastEnd: String?
    /// Where its CRL is published.
    package var crl: String?

    package init(
        generation: Int64, state: String, certificate: AdminCertificateView, lastEnd: String?, crl: String?
    ) {
        self.generation = generation
        self.state = state
        self.certificate = certificate
        self.lastEnd = lastEnd
        self.crl = crl
    }
}

/// Asks for a backup.
package struct AdminBackup: Codable, Sendable {
    /// Encrypts it; at least eight characters.
    package var passphrase: String
    /// Whether uploaded artifacts are part of it.
    package var artifacts: Bool?

    /// Fewest characters of a passphrase.
    package static let shortestPassphrase = 8

    package init(passphrase: String, artifacts: Bool?) {
        self.passphrase = passphrase
        self.artifacts = artifacts
    }
}
