/// What both sides of a pairing share at its end (docs/protocols/secure-pairing.md section 5).
package struct PairingKeys: Sendable {
    /// The device's proof, 32 bytes.
    package let confirmP: SecretBytes
    /// The hub's proof, 32 bytes.
    package let confirmV: SecretBytes
    /// The key, 32 bytes.
    package let shared: SecretBytes

    init(transcript: SecretBytes, shareP: [UInt8], shareV: [UInt8]) {
        let main = SecretHash.sha256(transcript)
        let confirmation = SecretHash.expand(main, info: "ConfirmationKeys", count: 64)
        shared = SecretHash.expand(main, info: "SharedKey", count: 32)
        confirmP = SecretHash.hmac(SecretBytes(shareV), key: confirmation.slice(0..<32))
        confirmV = SecretHash.hmac(SecretBytes(shareP), key: confirmation.slice(32..<64))
    }

    /// Authenticates the provisioning request.
    package var request: SecretBytes { Self.request(shared) }
    /// Authenticates the answer to it.
    package var response: SecretBytes { Self.response(shared) }

    package static func request(_ shared: SecretBytes) -> SecretBytes {
        SecretHash.expand(shared, info: "idprov pake request", count: 32)
    }

    package static func response(_ shared: SecretBytes) -> SecretBytes {
        SecretHash.expand(shared, info: "idprov pake response", count: 32)
    }

    /// HMAC-SHA256 of a message under one of these keys.
    package static func authenticate(_ message: [UInt8], key: SecretBytes) -> SecretBytes {
        SecretHash.hmac(SecretBytes(message), key: key)
    }
}

/// What a pairing is bound to: the messages before it, the TLS channel, the CA the device will believe and the key to
/// be certified.
package enum PairingContext {
    /// 174 bytes.
    ///
    /// - Parameters:
    ///   - request: body of the first request, exactly as sent.
    ///   - response: body of its answer, exactly as received.
    ///   - server: DER of the hub's TLS certificate.
    ///   - authority: DER of the first certificate in the directory's `caCert`.
    ///   - publicKey: SubjectPublicKeyInfo of the key to be certified.
    package static func bytes(
        request: [UInt8], response: [UInt8], server: [UInt8], authority: [UInt8], publicKey: [UInt8]
    ) -> [UInt8] {
        Array("idprov-pake-v1".utf8) + [request, response, server, authority, publicKey].flatMap(SHA256.hash)
    }
}

/// The transcript TT of RFC 9383 section 3.3: every part with its length in front.
enum Transcript {
    static func length(_ count: Int) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: UInt64(count) >> UInt64(8 * $0)) }
    }

    static func joined(_ parts: [SecretBytes]) -> SecretBytes {
        .joined(parts.flatMap { [SecretBytes(length($0.count)), $0] })
    }
}
