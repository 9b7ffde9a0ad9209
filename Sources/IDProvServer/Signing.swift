internal import Encoding
internal import PKI
internal import Wire

/// Which of the accepted readings of docs/protocols/idprov.md 7 a signature matched.
struct SignatureReading: Equatable {
    /// HMAC key that matched; the answer is signed with the same.
    let key: [UInt8]
}

/// Checks a request's signature under every accepted reading and signs answers.
enum Signing {
    /// The keys a secret may stand for, most likely first.
    static func keys(of secret: [UInt8]) -> [[UInt8]] {
        let digest = SHA256.hash(secret)
        return [secret, digest, Array(Hex.encode(digest).utf8)]
    }

    /// The reading under which the signature is right, `nil` when there is none.
    ///
    /// Canonical form and secret, what every known client sends, is tried first; only a mismatch costs the other five.
    static func reading(of request: ProvisionRequest, body: [UInt8], secret: [UInt8]) -> SignatureReading? {
        guard let signature = Base64.decode(request.signature), signature.count == 32 else { return nil }
        let canonical = request.canonical(blankSignature: true)
        if matches(signature, canonical, key: secret) { return SignatureReading(key: secret) }
        let raw = ProvisionRequest.blankingSignature(in: body)
        for key in keys(of: secret) {
            if matches(signature, canonical, key: key) { return SignatureReading(key: key) }
            if let raw, matches(signature, raw, key: key) { return SignatureReading(key: key) }
        }
        return nil
    }

    /// The answer's bytes, signed: an HMAC over the canonical form with an empty signature, which is its last member.
    static func signed(_ response: ProvisionResponse, key: [UInt8]) -> [UInt8] {
        var bytes = response.canonical(blankSignature: true)
        let signature = Base64.encode(HMACSHA256.authenticate(bytes, key: key))
        bytes.insert(contentsOf: signature.utf8, at: bytes.count - 2)
        return bytes
    }

    private static func matches(_ signature: [UInt8], _ message: [UInt8], key: [UInt8]) -> Bool {
        constantTimeEqual(HMACSHA256.authenticate(message, key: key), signature)
    }
}
