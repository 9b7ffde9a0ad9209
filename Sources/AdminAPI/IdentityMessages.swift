package import Encoding

/// What a device calls itself in the update protocol, and its keys.
package struct AdminIdentity: Codable, Sendable {
    /// UUID of the device in that protocol.
    package var id: String
    /// Its identity data, an object.
    package var data: JSONValue
    /// `accepted`, `pending`, `rejected`, `preauthorized`, `noauth` without any key.
    package var status: String
    /// When it last got a token.
    package var checkedInAt: String?
    /// Its keys, oldest first.
    package var keys: [AdminIdentityKey]

    package init(id: String, data: JSONValue, status: String, checkedInAt: String?, keys: [AdminIdentityKey]) {
        self.id = id
        self.data = data
        self.status = status
        self.checkedInAt = checkedInAt
        self.keys = keys
    }
}

/// A key of a device of the update protocol.
package struct AdminIdentityKey: Codable, Sendable {
    package var id: String
    /// SHA-256 of the public key, hexadecimal.
    package var fingerprint: String
    /// `accepted`, `pending`, `rejected`, `preauthorized`.
    package var status: String
    /// First request with it.
    package var firstSeen: String

    package init(id: String, fingerprint: String, status: String, firstSeen: String) {
        self.id = id
        self.fingerprint = fingerprint
        self.status = status
        self.firstSeen = firstSeen
    }
}

/// Accepts a key of a device of the update protocol.
package struct AdminAcceptance: Codable, Sendable {
    /// SHA-256 of the key, hexadecimal; `nil` for the only key that waits.
    package var fingerprint: String?

    package init(fingerprint: String?) {
        self.fingerprint = fingerprint
    }
}

/// Makes a device with a key that is accepted at its first request.
package struct AdminPreauthorization: Codable, Sendable {
    /// Identity data as the device sends it: the text of a JSON object with at least one member.
    package var identity: String
    /// `PUBLIC KEY` block.
    package var publicKeyPEM: String
    /// Add the key to a device of that identity instead of refusing.
    package var force: Bool?

    package init(identity: String, publicKeyPEM: String, force: Bool?) {
        self.identity = identity
        self.publicKeyPEM = publicKeyPEM
        self.force = force
    }
}
