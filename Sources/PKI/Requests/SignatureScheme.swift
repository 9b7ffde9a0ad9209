internal import COpenSSL

/// How something was signed, as its AlgorithmIdentifier says; only what is still safe to believe.
enum SignatureScheme: CaseIterable, Sendable {
    case ecdsaSHA256, ecdsaSHA384, ecdsaSHA512, ed25519, rsaSHA256, rsaSHA384, rsaSHA512

    /// Reads an AlgorithmIdentifier (RFC 5758, RFC 8410, RFC 8017), `nil` for anything else: SHA-1 and MD5 above all.
    init?(algorithm: [UInt8]) {
        guard let known = Self.allCases.first(where: { $0.identifiers.contains(algorithm) }) else { return nil }
        self = known
    }

    /// Whether a key of that kind can have signed so.
    func fits(_ kind: KeyKind) -> Bool {
        switch (self, kind) {
        case (.ecdsaSHA256, .p256), (.ecdsaSHA384, .p256), (.ecdsaSHA512, .p256): true
        case (.ecdsaSHA256, .p384), (.ecdsaSHA384, .p384), (.ecdsaSHA512, .p384): true
        case (.ed25519, .ed25519): true
        case (.rsaSHA256, .rsa), (.rsaSHA384, .rsa), (.rsaSHA512, .rsa): true
        default: false
        }
    }

    /// `nil` for algorithms that sign the message itself.
    var digest: OpaquePointer? {
        switch self {
        case .ecdsaSHA256, .rsaSHA256: unsafe EVP_sha256()
        case .ecdsaSHA384, .rsaSHA384: unsafe EVP_sha384()
        case .ecdsaSHA512, .rsaSHA512: unsafe EVP_sha512()
        case .ed25519: nil
        }
    }

    private var identifiers: [[UInt8]] {
        switch self {
        case .ecdsaSHA256: Self.ecdsa(0x02)
        case .ecdsaSHA384: Self.ecdsa(0x03)
        case .ecdsaSHA512: Self.ecdsa(0x04)
        case .ed25519: [[0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70]]
        case .rsaSHA256: Self.rsa(0x0B)
        case .rsaSHA384: Self.rsa(0x0C)
        case .rsaSHA512: Self.rsa(0x0D)
        }
    }

    private static func ecdsa(_ last: UInt8) -> [[UInt8]] {
        [[0x30, 0x0A, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, last]]
    }

    /// With NULL parameters, as RFC 8017 wants, and without, as some clients write.
    private static func rsa(_ last: UInt8) -> [[UInt8]] {
        let identifier: [UInt8] = [0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, last]
        return [[0x30, 0x0D] + identifier + [0x05, 0x00], [0x30, 0x0B] + identifier]
    }
}
