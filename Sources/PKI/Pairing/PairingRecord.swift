internal import COpenSSL

/// What the hub keeps of a secret to check a pairing with (docs/protocols/secure-pairing.md section 3, RFC 9383 section
/// 3.2): no more than a guess can be tested with, but neither the secret nor `w1`.
package struct PairingRecord: Sendable {
    /// 16 to 32 random bytes.
    package let salt: [UInt8]
    /// Iterations of PBKDF2.
    package let iterations: Int
    /// 32 bytes, big endian; to be protected like a password.
    package let w0: SecretBytes
    /// The point w1*G, 65 bytes uncompressed.
    package let l: [UInt8]

    /// Iterations that are accepted.
    package static let iterationRange = 1000...100_000
    /// Iterations of a record the product makes: 52 ms on a 2.5 GHz core.
    package static let standardIterations = 10_000
    /// Lengths of a salt that are accepted, in bytes.
    package static let saltRange = 16...32

    /// Takes a record over, from a manufacturer's file or the store.
    ///
    /// - Throws: ``PKIError/Step/badPairingParameters`` for values out of range, ``PKIError/Step/badShare`` for a point
    ///   that is none.
    package init(salt: [UInt8], iterations: Int, w0: SecretBytes, l: [UInt8]) throws(PKIError) {
        guard Self.saltRange.contains(salt.count), Self.iterationRange.contains(iterations), w0.count == 32 else {
            throw PKIError(.badPairingParameters)
        }
        let arithmetic = try P256Arithmetic()
        _ = try arithmetic.number(w0)
        guard !w0.isEqual(to: [UInt8](repeating: 0, count: 32)) else { throw PKIError(.badPairingParameters) }
        _ = try arithmetic.point(l)
        self.salt = salt
        self.iterations = iterations
        self.w0 = w0
        self.l = l
    }

    /// Makes the record of a secret. Takes as long as a guess would: ``standardIterations``.
    package static func make(
        secret: [UInt8], deviceID: String, iterations: Int = standardIterations
    ) throws(PKIError) -> PairingRecord {
        while true {
            let salt = SecureRandom.bytes(16)
            // A number that turns out zero asks for another salt; nobody will live to see it.
            guard
                let secrets = try? PairingSecrets(
                    secret: secret, deviceID: deviceID, salt: salt, iterations: iterations)
            else {
                guard iterationRange.contains(iterations) else { throw PKIError(.badPairingParameters) }
                continue
            }
            return try PairingRecord(salt: salt, iterations: iterations, w0: secrets.w0, l: try secrets.l())
        }
    }
}

/// The two numbers a secret stands for; only the device knows both.
package struct PairingSecrets: Sendable {
    /// Known to both sides, 32 bytes.
    package let w0: SecretBytes
    /// Known to the device alone, 32 bytes.
    package let w1: SecretBytes

    /// Takes them over: test vectors.
    package init(w0: SecretBytes, w1: SecretBytes) {
        self.w0 = w0
        self.w1 = w1
    }

    /// Derives them.
    ///
    /// - Throws: ``PKIError/Step/badPairingParameters`` for values out of range, or a number that is zero.
    package init(secret: [UInt8], deviceID: String, salt: [UInt8], iterations: Int) throws(PKIError) {
        guard PairingRecord.saltRange.contains(salt.count), PairingRecord.iterationRange.contains(iterations) else {
            throw PKIError(.badPairingParameters)
        }
        let input = Self.input(secret: secret, deviceID: deviceID)
        var isDone = false
        let derived = unsafe SecretBytes(count: 80) { output in
            unsafe isDone = input.withBytes { bytes in
                let text = unsafe UnsafeRawPointer(bytes.baseAddress)?.assumingMemoryBound(to: CChar.self)
                return unsafe PKCS5_PBKDF2_HMAC(
                    text, Int32(bytes.count), salt, Int32(salt.count), Int32(iterations), EVP_sha256(), 80,
                    output.baseAddress) == 1
            }
        }
        guard isDone else { throw PKIError(.pairing) }
        let arithmetic = try P256Arithmetic()
        w0 = try arithmetic.reduced(derived.slice(0..<40))
        w1 = try arithmetic.reduced(derived.slice(40..<80))
    }

    /// The point w1*G.
    package func l() throws(PKIError) -> [UInt8] {
        let arithmetic = try P256Arithmetic()
        return try arithmetic.encode(try arithmetic.multiplyBase(by: w1)).copy
    }

    private static func input(secret: [UInt8], deviceID: String) -> SecretBytes {
        let identity = Array(deviceID.utf8)
        let password = normalize(secret)
        return .joined([
            SecretBytes(Transcript.length(password.count)), SecretBytes(password),
            SecretBytes(Transcript.length(identity.count) + identity + Transcript.length(0)),
        ])
    }

    /// Spaces around it go; a secret of digits loses the spaces and hyphens people write between them.
    package static func normalize(_ secret: [UInt8]) -> [UInt8] {
        let blank: Set<UInt8> = [0x20, 0x09, 0x0D, 0x0A]
        var rest = secret[...]
        while let first = rest.first, blank.contains(first) { rest.removeFirst() }
        while let last = rest.last, blank.contains(last) { rest.removeLast() }
        let isDigit = { (byte: UInt8) in (0x30...0x39).contains(byte) }
        guard rest.contains(where: isDigit), rest.allSatisfy({ isDigit($0) || $0 == 0x20 || $0 == 0x2D }) else {
            return Array(rest)
        }
        return rest.filter(isDigit)
    }
}
