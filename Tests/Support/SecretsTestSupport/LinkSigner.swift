internal import PKI
package import Wire

/// Signs as a device does that has a shared secret (docs/protocols/device-link.md 3.1).
package struct LinkSigner: Sendable {
    package var key: String
    package var secret: String
    package var algorithm = SharedSecretDerivation.usual

    package init(key: String, secret: String) {
        (self.key, self.secret) = (key, secret)
    }

    /// Key and secret of the specification's vector.
    package static let vector = LinkSigner(
        key: "nhp_zM9sVtXoNWqCzNWmP6LkVh0qVgAkQm7fTQF1eX2aBcD", secret: "3vYqk2x9Qd8hJm5TnRz7Lw1CfUgBsEoPaIiXyKtVbN0")

    /// The headers of a request, by their names.
    ///
    /// - Parameter seconds: when it signs, Unix seconds.
    package func fields(of identifier: String, at seconds: Int64) throws -> [String: String] {
        let derivation = try SharedSecretDerivation(parsing: algorithm)
        let digest: PBKDF2.Digest =
            switch derivation.digest {
            case .sha256: .sha256
            case .sha384: .sha384
            case .sha512: .sha512
            }
        let derived = PBKDF2.derive(
            Array(secret.utf8), salt: SharedSecretHeaders.salt(algorithm: algorithm, key: key, time: "\(seconds)"),
            iterations: derivation.iterations, length: derivation.keyLength, digest: digest)
        let claims = SharedSecretClaims(identifier: identifier, signedAt: seconds * 1000)
        return [
            SharedSecretHeaders.Name.algorithm: algorithm, SharedSecretHeaders.Name.key: key,
            SharedSecretHeaders.Name.time: "\(seconds)",
            SharedSecretHeaders.Name.signature: SharedSecretToken.text(claims) {
                HMACSHA256.authenticate($0, key: derived)
            },
        ]
    }

    /// The same, as they are read.
    package func headers(of identifier: String, at seconds: Int64) throws -> SharedSecretHeaders {
        let fields = try fields(of: identifier, at: seconds)
        return try SharedSecretHeaders { name in fields[name].map { [$0] } ?? [] }
    }
}
