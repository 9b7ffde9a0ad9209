internal import Encoding

/// SPAKE2+ over P-256 with SHA-256, HKDF and HMAC (RFC 9383): the device proves a secret of few digits, and anybody who
/// listens or pretends to be the hub learns nothing to guess offline with. The device is the prover, the hub the
/// verifier.
package enum SPAKE2Plus {
    /// Name of the suite.
    package static let suite = "SPAKE2+-P256-SHA256-HKDF-SHA256-HMAC-SHA256"

    /// What both sides put into the transcript.
    package struct Parties: Sendable {
        let context: [UInt8]
        let prover: [UInt8]
        let verifier: [UInt8]

        /// - Parameters:
        ///   - context: ``PairingContext/bytes(request:response:server:authority:publicKey:)``.
        ///   - prover: the device ID.
        ///   - verifier: the hub's ID.
        package init(context: [UInt8], prover: String, verifier: String) {
            self.context = context
            self.prover = Array(prover.utf8)
            self.verifier = Array(verifier.utf8)
        }

        func keys(
            shareP: [UInt8], shareV: [UInt8], z: SecretBytes, v: SecretBytes, w0: SecretBytes
        ) -> PairingKeys {
            let open = [context, prover, verifier, m, n, shareP, shareV].map { SecretBytes($0) }
            return PairingKeys(transcript: Transcript.joined(open + [z, v, w0]), shareP: shareP, shareV: shareV)
        }
    }

    package struct Prover: Sendable {
        /// 65 bytes for the hub.
        package let shareP: [UInt8]
        private let secrets: PairingSecrets
        private let x: SecretBytes

        /// Begins a pairing.
        ///
        /// - Parameter x: a random number unless a test vector says which.
        package init(_ secrets: PairingSecrets, x: SecretBytes? = nil) throws(PKIError) {
            let arithmetic = try P256Arithmetic()
            let scalar = if let x { x } else { try arithmetic.randomScalar() }
            shareP = try share(arithmetic, scalar, secrets.w0, m)
            self.secrets = secrets
            self.x = scalar
        }

        /// Checks the hub's proof.
        ///
        /// - Throws: ``PKIError/Step/badShare``; ``PKIError/Step/confirmFailed`` when the hub does not know the secret,
        ///   or somebody is in between.
        package func finish(
            _ parties: Parties, shareV: [UInt8], confirmV: [UInt8]
        ) throws(PKIError) -> PairingKeys {
            let arithmetic = try P256Arithmetic()
            let t = try unblinded(arithmetic, shareV, secrets.w0, n)
            let z = try arithmetic.encode(try arithmetic.multiply(t, by: x))
            let v = try arithmetic.encode(try arithmetic.multiply(t, by: secrets.w1))
            let keys = parties.keys(shareP: shareP, shareV: shareV, z: z, v: v, w0: secrets.w0)
            guard keys.confirmV.isEqual(to: confirmV) else { throw PKIError(.confirmFailed) }
            return keys
        }
    }

    /// The hub's answer to a device's share.
    package struct Verifier: Sendable {
        /// 65 bytes for the device.
        package let shareV: [UInt8]
        /// What both now share, if the device knows the secret.
        package let keys: PairingKeys

        /// - Parameter y: a random number unless a test vector says which.
        /// - Throws: ``PKIError/Step/badShare``.
        package init(
            w0: SecretBytes, l: [UInt8], parties: Parties, shareP: [UInt8], y: SecretBytes? = nil
        ) throws(PKIError) {
            let arithmetic = try P256Arithmetic()
            let t = try unblinded(arithmetic, shareP, w0, m)
            let scalar = if let y { y } else { try arithmetic.randomScalar() }
            shareV = try share(arithmetic, scalar, w0, n)
            let z = try arithmetic.encode(try arithmetic.multiply(t, by: scalar))
            let v = try arithmetic.encode(try arithmetic.multiply(try arithmetic.point(l), by: scalar))
            keys = parties.keys(shareP: shareP, shareV: shareV, z: z, v: v, w0: w0)
        }
    }

    /// `scalar * G + w0 * mask`.
    private static func share(
        _ arithmetic: borrowing P256Arithmetic, _ scalar: SecretBytes, _ w0: SecretBytes, _ mask: [UInt8]
    ) throws(PKIError) -> [UInt8] {
        let own = try arithmetic.multiplyBase(by: scalar)
        let masked = try arithmetic.multiply(try arithmetic.point(mask), by: w0)
        return try arithmetic.encode(try arithmetic.add(own, masked)).copy
    }

    /// `share - w0 * mask`.
    private static func unblinded(
        _ arithmetic: borrowing P256Arithmetic, _ share: [UInt8], _ w0: SecretBytes, _ mask: [UInt8]
    ) throws(PKIError) -> Owned {
        let point = try arithmetic.point(share)
        return try arithmetic.subtract(point, try arithmetic.multiply(try arithmetic.point(mask), by: w0))
    }

    /// The device's mask, of unknown discrete logarithm (RFC 9383 section 4), uncompressed.
    static let m = constant(
        "04886e2f97ace46e55ba9dd7242579f2993b64e16ef3dcab95afd497333d8fa12f"
            + "5ff355163e43ce224e0b0e65ff02ac8e5c7be09419c785e0ca547d55a12e2d20")
    static let n = constant(
        "04d8bbd6c639c62937b04d997f38c3770719c629d7014d49a24b4f98baa1292b49"
            + "07d60aa6bfade45008a636337f5168c64d9bd36034808cd564490b1e656edbe7")

    private static func constant(_ digits: String) -> [UInt8] { Hex.decode(digits) ?? [] }
}
