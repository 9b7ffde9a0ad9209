extension PublicKey {
    /// SEQUENCE { SEQUENCE { 1.3.101.112 }, BIT STRING of 32 bytes } (RFC 8410 section 4).
    private static let ed25519Prefix: [UInt8] = [
        0x30, 0x2A, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x03, 0x21, 0x00,
    ]

    /// The Ed25519 key of 32 bytes (RFC 8032 section 5.1.5).
    ///
    /// - Throws: ``PKIError/Step/readPublicKey`` for another length.
    package init(ed25519 bytes: [UInt8]) throws(PKIError) {
        guard bytes.count == 32 else { throw PKIError(.readPublicKey) }
        try self.init(spki: Self.ed25519Prefix + bytes)
    }
}
