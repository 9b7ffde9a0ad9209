// ECDSA signatures as two numbers of fixed length (IEEE P1363), which some formats want in the place of DER.

/// How long each of the two numbers is for a curve; `nil` for keys that have no such form here.
private func numberLength(_ kind: KeyKind) -> Int? {
    kind == .p256 ? 32 : nil
}

extension PrivateKey {
    /// Signs with SHA-256: P-256 as `r‖s` (64 bytes, big-endian), RSA as PKCS#1 v1.5.
    ///
    /// - Throws: ``PKIError/Step/unsupportedKey`` for other kinds, ``PKIError/Step/sign``.
    package func signRaw(_ message: [UInt8]) throws(PKIError) -> [UInt8] {
        if case .rsa = publicKey.kind { return try sign(message) }
        guard let length = numberLength(publicKey.kind) else { throw PKIError(.unsupportedKey) }
        var outer = DERReader(try sign(message)[...], failure: .sign)
        var numbers = try outer.enter(0x30)
        var signature: [UInt8] = []
        for _ in 0..<2 {
            let number = try numbers.element(0x02).content.drop { $0 == 0 }
            guard number.count <= length else { throw PKIError(.sign) }
            signature += [UInt8](repeating: 0, count: length - number.count) + number
        }
        return signature
    }
}

extension PublicKey {
    /// Whether a signature in the form of ``PrivateKey/signRaw(_:)`` is right; false for keys of other kinds.
    package func verifyRaw(_ signature: [UInt8], of message: [UInt8]) -> Bool {
        if case .rsa(let bits) = kind { return bits >= 2048 && verify(signature, of: message) }
        guard let length = numberLength(kind), signature.count == 2 * length else { return false }
        let der = DER.sequence(Self.integer(signature[..<length]), Self.integer(signature[length...]))
        return verify(der, of: message)
    }

    /// INTEGER in its shortest form, never negative.
    private static func integer(_ number: ArraySlice<UInt8>) -> [UInt8] {
        let digits = Array(number.drop { $0 == 0 })
        return DER.element(0x02, (digits.first ?? 0x80) >= 0x80 ? [0] + digits : digits)
    }
}
