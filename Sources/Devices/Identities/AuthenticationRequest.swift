internal import Journal
package import PKI

/// A request for a token whose signature was verified.
package struct AuthenticationRequest: Sendable {
    /// Identity data in canonical form (`DeviceAuthentication/identity`).
    package let identity: String
    /// The key that signed the request.
    package let publicKey: PublicKey
    /// `standard`, `micro` or `system`.
    package let tier: String
    /// Device ID of the hub certificate the connection showed; `nil` without one.
    package let certifiedDeviceID: String?
    /// Address of the connection.
    package let address: String

    package init(
        identity: String, publicKey: PublicKey, tier: String, certifiedDeviceID: String?, address: String
    ) {
        self.identity = identity
        self.publicKey = publicKey
        self.tier = tier
        self.certifiedDeviceID = certifiedDeviceID
        self.address = address
    }

    var requester: Requester {
        Requester(name: certifiedDeviceID.map { "device \($0)" } ?? "anonymous", address: address)
    }
    /// Whether keys of a kind are taken: RSA of 2048 to 4096 bits, ECDSA on P-256 or P-384, Ed25519.
    package static func takes(_ kind: KeyKind) -> Bool {
        switch kind {
        case .p256, .p384, .ed25519: true
        case .rsa(let bits): (2048...4096).contains(bits)
        default: false
        }
    }

    var identityKey: [UInt8] { SHA256.hash(Array(identity.utf8)) }
    var keyHash: [UInt8] { SHA256.hash(publicKey.spki) }
}
