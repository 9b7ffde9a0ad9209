package import PKI

/// What a key may do at the hub.
package enum KeyState: String, Sendable, CaseIterable {
    case active
    /// Refused until it is activated again.
    case suspended
    /// Refused for good.
    case revoked
}

/// A public key that the hub knows.
package struct RegisteredKey: Sendable {
    package let kid: KeyID
    package let key: PublicKey
    package let state: KeyState

    package init(kid: KeyID, key: PublicKey, state: KeyState) {
        (self.kid, self.key, self.state) = (kid, key, state)
    }
}

/// What the hub co-signs for: a project with its keys (docs/protocols/cosign.md 6).
package struct Project: Sendable {
    /// Rules that an operator sets.
    package struct Policy: Sendable, Equatable {
        /// Life of a co-signature, in seconds.
        package var lifetime: Int64
        /// Whether plain messages need a project key's signature as well.
        package var requiresProjectSignature: Bool

        package init(lifetime: Int64 = 900, requiresProjectSignature: Bool = false) {
            (self.lifetime, self.requiresProjectSignature) = (lifetime, requiresProjectSignature)
        }
    }

    package let id: String
    package let projectKeys: [RegisteredKey]
    package let servers: [RegisteredKey]
    package let policy: Policy

    package init(id: String, projectKeys: [RegisteredKey], servers: [RegisteredKey], policy: Policy) {
        (self.id, self.projectKeys, self.servers, self.policy) = (id, projectKeys, servers, policy)
    }

    /// The signatures of project keys on a message.
    ///
    /// - Throws: `bad_signature` when one of them is wrong, `project_key_suspended` when a key is not active.
    package func projectSignatures(on message: SignedMessage) throws(CoSignRefusal) -> [KeyID] {
        var signed: [RegisteredKey] = []
        for key in projectKeys {
            guard let entry = message.entry(key.kid) else { continue }
            guard message.isSigned(entry, by: key.key) else { throw .badSignature }
            signed.append(key)
        }
        guard signed.allSatisfy({ $0.state == .active }) else { throw .projectKeySuspended }
        return signed.map(\.kid)
    }
}
