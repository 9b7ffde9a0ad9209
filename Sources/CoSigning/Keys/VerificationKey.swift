package import Encoding
package import PKI

/// A public key with its name, in a message or a trust store: a JWK of P-256 (RFC 7518 section 6.2).
package struct VerificationKey: Sendable, Equatable {
    package let kid: KeyID
    package let key: PublicKey

    /// - Returns: `nil` for a key of another kind, and for one whose point is compressed: the same key in two forms
    ///   would count as two.
    package init?(kid: KeyID, key: PublicKey) {
        guard key.kind == .p256, key.spki.count == Self.length else { return nil }
        self.kid = kid
        self.key = key
    }

    /// Reads a JWK; coordinates may lack leading zeros, which the oneID SDK drops. `nil` for another kind of key, a
    /// point off the curve, a kid that is absent or too long.
    package init?(jwk: JSONValue) {
        guard let type = jwk["kty"]?.string, isSame(type, "EC"), let curve = jwk["crv"]?.string, isSame(curve, "P-256"),
            let kid = jwk["kid"]?.string.flatMap({ KeyID($0) }), let x = Self.coordinate(jwk["x"]),
            let y = Self.coordinate(jwk["y"]), let key = try? PublicKey(p256Point: [0x04] + x + y)
        else { return nil }
        self.kid = kid
        self.key = key
    }

    /// Bytes of a SubjectPublicKeyInfo of P-256 with both coordinates.
    private static let length = 91

    /// 1 to 32 bytes, filled up on the left.
    private static func coordinate(_ value: JSONValue?) -> [UInt8]? {
        guard let bytes = value?.string.flatMap({ Base64URL.decode($0) }), (1...32).contains(bytes.count) else {
            return nil
        }
        return [UInt8](repeating: 0, count: 32 - bytes.count) + bytes
    }

    /// The key as a JWK, coordinates whole.
    package var jwk: JSONValue {
        let point = key.spki.suffix(64)
        return .object([
            .init("kty", .string("EC")), .init("crv", .string("P-256")),
            .init("x", .string(Base64URL.encode(Array(point.prefix(32))))),
            .init("y", .string(Base64URL.encode(Array(point.suffix(32))))), .init("kid", .string(kid.text)),
        ])
    }
}
