/// The rule of thumb by which a secret is easy to guess (docs/protocols/secure-pairing.md section 1).
package enum SecretStrength {
    /// Only digits (with the spaces and hyphens people write between them), a MAC address, or shorter than 20 bytes.
    package static func isWeak(_ secret: some Collection<UInt8>) -> Bool {
        secret.count < 20 || secret.allSatisfy { (0x30...0x39).contains($0) || $0 == 0x20 || $0 == 0x2D }
    }
}
