package import CoSigning
package import Encoding
internal import PKI

/// A publisher with its project, its build server and an administrator: fresh keys, and what they send.
package struct Publisher: Sendable {
    package let projectID: String
    /// Signs releases, offline.
    package let project: SigningKey
    /// Uploads them.
    package let server: SigningKey
    package let admin: SigningKey
    package let recovery: [SigningKey]

    package init(_ projectID: String = "5f1c7f60-7a1b-4f0e-9c53-0f0f3a5d7a10") throws {
        self.projectID = projectID
        project = try Self.key(projectID)
        server = try Self.key("9d0b4a64-58b8-4b64-8b8e-6e3f8b0b9a01")
        admin = try Self.key("admin-1")
        recovery = try ["recovery-a", "recovery-b", "recovery-c"].map(Self.key)
    }

    /// A fresh key of a name.
    package static func key(_ name: String) throws -> SigningKey {
        guard let kid = KeyID(name) else { throw NoName(text: name) }
        return SigningKey(kid: kid, key: try PrivateKey.makeP256())
    }

    private struct NoName: Error {
        let text: String
    }

    /// An empty trail of signatures, then one of each key.
    package static func signed(_ claims: JSONValue, by keys: [SigningKey]) throws -> [UInt8] {
        guard let first = keys.first else { throw NoName(text: "nobody signs") }
        var message = try SignedMessage(claims: claims, signedBy: first)
        for key in keys.dropFirst() { try message.sign(with: key) }
        return message.encoded()
    }
}

extension SigningKey {
    /// The public half, as it is registered.
    package var verification: VerificationKey {
        get throws {
            guard let key = VerificationKey(kid: kid, key: key.publicKey) else { throw CoSignRefusal.badRequest }
            return key
        }
    }
}
