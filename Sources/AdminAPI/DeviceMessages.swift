package struct AdminDevice: Codable, Sendable {
    package var deviceID: String
    /// `pending`, `approved`, `revoked`, `rejected`, `removed`.
    package var state: String
    package var ou: String
    package var deviceType: String?
    /// Address it was last seen from.
    package var address: String?
    /// MAC address it claims.
    package var mac: String?
    /// SHA-256 of the key it last asked with; while it waits, of the one it first asked with.
    package var fingerprint: String?
    /// How often another key asked in its name while it waits, as far as written down; absent when none did.
    package var otherKeys: Int?
    /// First request.
    package var firstSeen: String
    package var lastSeen: String
    /// Serial of its newest certificate.
    package var serial: String?
    /// End of that certificate.
    package var notAfter: String?
    /// How often it asked while it waited, as far as written down; only in listings of pending devices.
    package var timesAsked: Int?
    /// What it calls itself in the update protocol; absent when it does not speak that.
    package var identity: AdminIdentity?
    /// Which product's key it came with over the device link; absent when it came with none.
    package var linkIdentity: AdminLinkIdentity?
    /// What is known of it beside its identity; only of one device.
    package var inventory: [AdminAttribute]?
    /// What it told over its link; only of one device that told something.
    package var reported: AdminDeviceReport?
    /// Its live links; of one device alone.
    package var links: [AdminLink]?
    /// What holds for its updates; of one device alone.
    package var updates: AdminDeviceUpdates?
    /// Why its ID could be no new device's; only in the listing of such IDs.
    package var idProblem: String?

    package init(deviceID: String, state: String, ou: String, firstSeen: String, lastSeen: String) {
        self.deviceID = deviceID
        self.state = state
        self.ou = ou
        self.firstSeen = firstSeen
        self.lastSeen = lastSeen
    }
}

/// Approves a device: by the secret it waits for, by its key's fingerprint, or on the device link.
package struct AdminApproval: Codable, Sendable {
    package var secret: String?
    /// RFC 3339 date or time.
    package var validUntil: String?
    /// SHA-256 of the key, hexadecimal.
    package var fingerprint: String?
    /// Whether it came with a shared secret over the device link, and waits there.
    package var onLink: Bool?

    package init(
        secret: String? = nil, validUntil: String? = nil, fingerprint: String? = nil, onLink: Bool? = nil
    ) {
        self.secret = secret
        self.validUntil = validUntil
        self.fingerprint = fingerprint
        self.onLink = onLink
    }
}
