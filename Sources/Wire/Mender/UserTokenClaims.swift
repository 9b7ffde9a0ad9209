internal import Encoding

/// What a person's token for the management API says of itself (docs/protocols/mender.md 12.1).
package struct UserTokenClaims: Sendable {
    /// UUID of the token.
    package var id: String
    /// UUID of the user.
    package var user: String
    package var issuedAt: Int64
    /// `nil` for a token that lasts until it is revoked.
    package var endsAt: Int64?

    package init(id: String, user: String, issuedAt: Int64, endsAt: Int64?) {
        self.id = id
        self.user = user
        self.issuedAt = issuedAt
        self.endsAt = endsAt
    }

    package func encoded() -> [UInt8] {
        var writer = JSONWriter(capacity: 256)
        writer.object { writer in
            writer.member("jti", id)
            writer.member("sub", user)
            if let endsAt { writer.member("exp", endsAt) }
            writer.member("iat", issuedAt)
            writer.member("mender.user", true)
            writer.member("iss", "mender.useradm")
            writer.member("scp", "mender.*")
        }
        return writer.bytes
    }
}
