internal import COpenSSL
internal import Encoding

/// Passwords of people, kept as scrypt hashes (RFC 7914) in PHC form: `$scrypt$ln=15,r=8,p=1$SALT$HASH`.
package enum PasswordHash {
    /// 2^15 blocks of 1 KiB: 32 MiB and some 80 ms a guess.
    private static let costExponent = 15

    /// A hash with a fresh salt.
    package static func make(_ password: String) -> String {
        let salt = SecureRandom.bytes(16)
        let hash = derive(password, salt: salt, costExponent: costExponent)
        return "$scrypt$ln=\(costExponent),r=8,p=1$\(Base64.encode(salt))$\(Base64.encode(hash))"
    }

    /// A stored form that no password fits and that costs as much to check as a real one: for names that nobody has.
    package static let decoy =
        "$scrypt$ln=\(costExponent),r=8,p=1$\(Base64.encode([UInt8](repeating: 0, count: 16)))"
        + "$\(Base64.encode([UInt8](repeating: 0, count: 32)))"

    /// Whether the password is the one that was hashed; false also for a stored form that can't be read.
    package static func verify(_ password: String, _ stored: String) -> Bool {
        let parts = stored.split(separator: "$", omittingEmptySubsequences: false)
        guard parts.count == 5, parts[1] == "scrypt", parts[2].hasPrefix("ln="), parts[2].hasSuffix(",r=8,p=1"),
            let exponent = Int(parts[2].dropFirst(3).dropLast(8)), (10...20).contains(exponent),
            let salt = Base64.decode(String(parts[3])), let hash = Base64.decode(String(parts[4]))
        else { return false }
        return constantTimeEqual(derive(password, salt: salt, costExponent: exponent), hash)
    }

    private static func derive(_ password: String, salt: [UInt8], costExponent: Int) -> [UInt8] {
        Scrypt.derive(password, salt: salt, costExponent: costExponent)
    }
}

/// scrypt with blocks of 1 KiB, one lane (RFC 7914): makes a guess at a password cost memory and time.
package enum Scrypt {
    /// A key for sealing from a passphrase.
    ///
    /// - Parameter costExponent: 2 to this power blocks of memory; 18 is a quarter of a GiB.
    package static func key(_ passphrase: String, salt: [UInt8], costExponent: Int) -> SealingKey {
        do {
            return try SealingKey(derive(passphrase, salt: salt, costExponent: costExponent))
        } catch {
            preconditionFailure("AES-256-GCM is missing: \(error)")
        }
    }

    static func derive(_ password: String, salt: [UInt8], costExponent: Int) -> [UInt8] {
        var key = [UInt8](repeating: 0, count: 32)
        let bytes = Array(password.utf8).map { CChar(bitPattern: $0) }
        let done = unsafe EVP_PBE_scrypt(
            bytes, bytes.count, salt, salt.count, UInt64(1) << UInt64(costExponent), 8, 1, 2 << 30, &key, key.count)
        precondition(done == 1, "scrypt failed")
        return key
    }
}
