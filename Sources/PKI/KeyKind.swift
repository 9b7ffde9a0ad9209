internal import COpenSSL

/// What kind of key it is, as far as profiles care.
package enum KeyKind: Sendable, Equatable {
    /// ECDSA on P-256, which every part of the product must take.
    case p256
    /// ECDSA on P-384.
    case p384
    /// EdDSA on Curve25519.
    case ed25519
    /// RSA with the modulus' length.
    case rsa(bits: Int)
    /// Anything else, by OpenSSL's name.
    case other(String)

    /// Reads the kind off an OpenSSL key.
    init(of key: OpaquePointer) {
        switch unsafe EVP_PKEY_get_base_id(key) {
        case EVP_PKEY_ED25519: self = .ed25519
        case EVP_PKEY_RSA: self = unsafe .rsa(bits: Int(EVP_PKEY_get_bits(key)))
        case EVP_PKEY_EC:
            switch unsafe Self.group(of: key) {
            case "prime256v1": self = .p256
            case "secp384r1": self = .p384
            case let name: self = .other(name)
            }
        default: self = .other("unknown")
        }
    }

    private static func group(of key: OpaquePointer) -> String {
        var name = [CChar](repeating: 0, count: 64)
        var length = 0
        guard unsafe EVP_PKEY_get_group_name(key, &name, name.count, &length) == 1 else { return "unknown" }
        return String(decoding: name.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

/// Words for ``KeyKind`` in certificate profiles.
package enum AllowedKey: String, Sendable, CaseIterable {
    case p256, p384, ed25519
    /// RSA of at least 2048 bits.
    case rsa2048

    /// Whether a key is of this kind.
    package func admits(_ kind: KeyKind) -> Bool {
        switch (self, kind) {
        case (.p256, .p256), (.p384, .p384), (.ed25519, .ed25519): true
        case (.rsa2048, .rsa(let bits)): bits >= 2048
        default: false
        }
    }
}
