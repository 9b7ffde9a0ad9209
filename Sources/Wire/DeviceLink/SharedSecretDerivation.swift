package import Encoding

/// How the key of a shared secret is derived: PBKDF2 with what `x-nh-alg` names (docs/protocols/device-link.md 3.1).
package struct SharedSecretDerivation: Sendable, Equatable {
    package enum Digest: String, Sendable, CaseIterable {
        case sha256, sha384, sha512
    }

    package let digest: Digest
    package let iterations: Int
    /// Bytes of the key.
    package let keyLength: Int

    /// What a device may ask for: the device chooses, and the hub pays for it.
    package static let iterationBounds = 1000...100_000
    package static let keyLengthBounds = 16...64

    /// What known clients send.
    package static let usual = "NH1-HMAC-sha256-1000-32"

    private static let prefix = "NH1-HMAC-"

    /// Reads a value of `x-nh-alg`.
    package init(parsing text: String) throws(MessageError) {
        let refusal = MessageError.invalidMember(SharedSecretHeaders.Name.algorithm)
        guard text.utf8.starts(with: Self.prefix.utf8) else { throw refusal }
        let parts = text.dropFirst(Self.prefix.count).split(separator: "-", omittingEmptySubsequences: false)
        // The Linux agent of the original writes the digest in capitals.
        guard parts.count == 3, let digest = Digest(rawValue: parts[0].lowercased()),
            let iterations = Self.number(parts[1]), Self.iterationBounds.contains(iterations),
            let keyLength = Self.number(parts[2]), Self.keyLengthBounds.contains(keyLength)
        else { throw refusal }
        (self.digest, self.iterations, self.keyLength) = (digest, iterations, keyLength)
    }

    /// Digits only: `Int` takes a sign as well.
    private static func number(_ text: Substring) -> Int? {
        text.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int(text) : nil
    }
}
