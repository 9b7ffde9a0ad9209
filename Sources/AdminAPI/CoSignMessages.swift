/// A project whose releases the hub co-signs.
package struct AdminProject: Codable, Sendable {
    package var id: String
    /// Kinds of devices that belong to it.
    package var deviceTypes: [String]
    /// `auto` or `manual`: whether uploads wait for an operator.
    package var approval: String
    /// Life of a co-signature, seconds.
    package var lifetimeSeconds: Int64
    /// Whether its devices get only artifacts that a release covers.
    package var requireRelease: Bool
    /// Whether plain messages need a project key's signature as well.
    package var requireProjectSignature: Bool
    package var suspended: Bool
    /// Whether the co-signer's key can be used.
    package var coSignerReady: Bool
    /// Version of the key set that its devices have.
    package var trustVersion: Int64
    package var createdAt: Int64
    package var keys: [AdminProjectKey]

    package init(
        id: String, deviceTypes: [String], approval: String, lifetimeSeconds: Int64, requireRelease: Bool,
        requireProjectSignature: Bool, suspended: Bool, coSignerReady: Bool, trustVersion: Int64, createdAt: Int64,
        keys: [AdminProjectKey]
    ) {
        (self.id, self.deviceTypes, self.approval, self.lifetimeSeconds) = (id, deviceTypes, approval, lifetimeSeconds)
        (self.requireRelease, self.requireProjectSignature) = (requireRelease, requireProjectSignature)
        (self.suspended, self.coSignerReady) = (suspended, coSignerReady)
        (self.trustVersion, self.createdAt, self.keys) = (trustVersion, createdAt, keys)
    }
}

/// A public key of a project.
package struct AdminProjectKey: Codable, Sendable {
    package var kid: String
    /// `project`, `server`, `admin`, `recovery` or `cosigner`.
    package var role: String
    /// `active`, `suspended` or `revoked`.
    package var state: String
    /// `PUBLIC KEY` block.
    package var pem: String
    package var changedAt: Int64
    package var changedBy: String

    package init(kid: String, role: String, state: String, pem: String, changedAt: Int64, changedBy: String) {
        (self.kid, self.role, self.state, self.pem) = (kid, role, state, pem)
        (self.changedAt, self.changedBy) = (changedAt, changedBy)
    }
}

/// A public key to add.
package struct AdminNamedKey: Codable, Sendable {
    package var kid: String
    /// `PUBLIC KEY` block.
    package var pem: String
    /// `project`, `server` or `admin`; of no meaning in a new project.
    package var role: String?

    package init(kid: String, pem: String, role: String? = nil) {
        (self.kid, self.pem, self.role) = (kid, pem, role)
    }
}

/// A project to make.
package struct AdminNewProject: Codable, Sendable {
    package var id: String
    package var projectKeys: [AdminNamedKey]
    package var recoveryKeys: [AdminNamedKey]?
    package var recoveryThreshold: Int64?
    package var rules: AdminProjectRules?
    /// Name of the co-signer's key; `project/ID` when it is left out.
    package var coSignerKID: String?
    /// PKCS#8 of the co-signer's key; the hub makes one when neither this nor a token is given.
    package var coSignerPEM: String?
    /// PKCS#11 URI of the co-signer's key.
    package var coSignerToken: String?
    /// The trust store that devices have already, as JSON text, where the hub takes over those of a lost one; then no
    /// keys are given.
    package var trust: String?

    package init(id: String, projectKeys: [AdminNamedKey]) {
        (self.id, self.projectKeys) = (id, projectKeys)
    }
}

/// The key that is to follow a co-signer's; the hub makes one when neither is given.
package struct AdminNextCoSigner: Codable, Sendable {
    /// PKCS#8 of the key.
    package var pem: String?
    /// PKCS#11 URI of the key.
    package var token: String?

    package init(pem: String? = nil, token: String? = nil) { (self.pem, self.token) = (pem, token) }
}

/// Rules of a project; what is left out stays as it is.
package struct AdminProjectRules: Codable, Sendable {
    package var deviceTypes: [String]?
    package var approval: String?
    package var lifetimeSeconds: Int64?
    package var requireRelease: Bool?
    package var requireProjectSignature: Bool?

    package init() {}
}

/// A state to set: of a key `active`, `suspended` or `revoked`; of a release `approved` or `withdrawn`.
package struct AdminState: Codable, Sendable {
    package var state: String

    package init(_ state: String) { self.state = state }
}

/// A message with its signatures, as text.
package struct AdminSignedMessage: Codable, Sendable {
    package var message: String

    package init(_ message: String) { self.message = message }
}

/// A release as the hub keeps it.
package struct AdminCoSignedRelease: Codable, Sendable {
    package var id: String
    package var project: String
    package var stream: String
    package var seq: Int64
    package var version: String
    /// `pending`, `approved` or `withdrawn`.
    package var state: String
    package var sha256: String
    package var size: Int64
    /// Kinds of devices it is for.
    package var deviceTypes: [String]
    package var projectKey: String
    package var validUntil: Int64
    package var uploadedBy: String
    package var createdAt: Int64

    package init(
        id: String, project: String, stream: String, seq: Int64, version: String, state: String, sha256: String,
        size: Int64, deviceTypes: [String], projectKey: String, validUntil: Int64, uploadedBy: String,
        createdAt: Int64
    ) {
        (self.id, self.project, self.stream, self.seq, self.version) = (id, project, stream, seq, version)
        (self.state, self.sha256, self.size, self.deviceTypes) = (state, sha256, size, deviceTypes)
        self.projectKey = projectKey
        (self.validUntil, self.uploadedBy, self.createdAt) = (validUntil, uploadedBy, createdAt)
    }
}

/// For whom a release is co-signed that travels on a medium, and for how long.
package struct AdminBundle: Codable, Sendable {
    /// `all`, `group:NAME` or `device:ID`.
    package var audience: String
    /// 1 to 31.
    package var days: Int64

    package init(audience: String, days: Int64) { (self.audience, self.days) = (audience, days) }
}
