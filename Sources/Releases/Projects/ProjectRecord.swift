package import CoSigning

/// Whether an operator must approve what a publisher uploads.
package enum ReleaseApproval: String, Sendable, CaseIterable {
    case auto, manual
}

/// A project as the hub keeps it.
package struct ProjectRecord: Sendable, Equatable {
    package let id: String
    /// Life of a co-signature, seconds.
    package var lifetime: Int64
    package var approval: ReleaseApproval
    /// Whether plain messages need a project key's signature as well.
    package var requiresProjectSignature: Bool
    /// Whether devices of its types get only artifacts that a release covers.
    package var requiresRelease: Bool
    /// Whether the hub co-signs nothing for it until an operator resumes it.
    package var isSuspended: Bool
    /// Version of the trust store its devices have, as far as the hub knows key sets.
    package var trustVersion: Int64
    package var recoveryThreshold: Int64
    package let coSignerKID: String
    /// PKCS#11 URI of the co-signer's key; `nil` for one that the store holds sealed.
    package let coSignerURI: String?
    /// Unix seconds.
    package let createdAt: Int64
    /// Kinds of devices that belong to it, and to no other.
    package var deviceTypes: [String] = []
}

/// What an operator wants of a new project.
package struct NewProject: Sendable {
    package var id: String
    package var projectKeys: [VerificationKey]
    package var recoveryKeys: [VerificationKey] = []
    package var recoveryThreshold: Int64 = 2
    package var deviceTypes: [String] = []
    package var lifetime: Int64 = 900
    package var approval = ReleaseApproval.auto
    package var requiresProjectSignature = false
    package var requiresRelease = true
    /// Name of the co-signer's key; `nil` for `project/` and the project's ID.
    package var coSignerKID: KeyID?
    /// The co-signer's key; `nil` makes one.
    package var coSignerKey: CoSignerKey?
    /// The trust store that devices already have, when this hub replaces a lost one; the keys above are then ignored.
    package var trust: TrustedKeys?

    package init(id: String, projectKeys: [VerificationKey]) {
        (self.id, self.projectKeys) = (id, projectKeys)
    }
}

/// What an operator changes; `nil` leaves it as it is.
package struct ProjectChange: Sendable {
    package var lifetime: Int64?
    package var approval: ReleaseApproval?
    package var requiresProjectSignature: Bool?
    package var requiresRelease: Bool?
    package var deviceTypes: [String]?

    package init() {}
}

/// Where a co-signer's key is.
package enum CoSignerKey: Sendable {
    /// PKCS#8 in PEM, which the store keeps sealed.
    case pem(String)
    /// PKCS#11 URI.
    case token(String)
}

/// A key of a project.
package struct KeyRecord: Sendable {
    /// What a key is for.
    package enum Role: String, Sendable, CaseIterable {
        case project, server, admin, recovery, cosigner
    }

    package let projectID: String
    package let role: Role
    package let key: RegisteredKey
    /// Unix seconds.
    package let changedAt: Int64
    package let changedBy: String
}
