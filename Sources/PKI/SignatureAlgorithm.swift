internal import COpenSSL

/// How a key of some kind signs: AlgorithmIdentifier in DER and the digest OpenSSL needs.
struct SignatureAlgorithm {
    let identifier: [UInt8]
    private let digestName: DigestName

    private enum DigestName {
        case sha256, sha384, none
    }

    /// RFC 5758 (ECDSA), RFC 8410 (EdDSA), RFC 8017 (RSA).
    init(_ kind: KeyKind) {
        switch kind {
        case .p384:
            identifier = [0x30, 0x0A, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x03]
            digestName = .sha384
        case .ed25519:
            identifier = [0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70]
            digestName = .none
        case .rsa:
            identifier = [
                0x30, 0x0D, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x0B, 0x05, 0x00,
            ]
            digestName = .sha256
        case .p256, .other:
            identifier = [0x30, 0x0A, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x02]
            digestName = .sha256
        }
    }

    /// `nil` for algorithms that sign the message itself.
    var digest: OpaquePointer? {
        switch digestName {
        case .sha256: unsafe EVP_sha256()
        case .sha384: unsafe EVP_sha384()
        case .none: nil
        }
    }
}
