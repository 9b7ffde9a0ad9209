internal import Encoding

/// What a device's token says of itself (docs/protocols/mender.md 4).
package struct DeviceTokenClaims: Sendable {
    /// The key it is given for: UUID of the auth set.
    package var key: String
    /// UUID of the device.
    package var device: String
    package var issuedAt: Int64
    package var endsAt: Int64
    /// At random, so that two tokens of one second differ.
    package var nonce: [UInt8]

    package init(key: String, device: String, issuedAt: Int64, endsAt: Int64, nonce: [UInt8]) {
        self.key = key
        self.device = device
        self.issuedAt = issuedAt
        self.endsAt = endsAt
        self.nonce = nonce
    }

    package func encoded() -> [UInt8] {
        var writer = JSONWriter(capacity: 256)
        writer.object { writer in
            writer.member("jti", key)
            writer.member("sub", device)
            writer.member("iss", "Mender")
            writer.member("exp", endsAt)
            writer.member("iat", issuedAt)
            writer.member("nonce", Hex.encode(nonce))
            writer.member("mender.device", true)
            writer.member("mender.plan", "enterprise")
            writer.member("mender.trial", false)
        }
        return writer.bytes
    }
}
