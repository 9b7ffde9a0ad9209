internal import Encoding
package import PKI

/// The signature of an artifact with what it covers, so that it can be checked whenever keys change, without the
/// artifact.
package struct ArtifactSignature: Sendable, Equatable {
    /// The bytes of `manifest`, which holds the sums of everything else.
    package var manifest: [UInt8]
    /// RSA PKCS#1 v1.5, or ECDSA P-256 as `r‖s`; both with SHA-256.
    package var signature: [UInt8]

    /// The key among these that made it; `nil` when none did.
    package func key(among keys: [PublicKey]) -> PublicKey? {
        keys.first { $0.verifyRaw(signature, of: manifest) }
    }

    /// Signs a manifest.
    ///
    /// - Throws: ``ArtifactError/unsupportedKey``.
    init(signing manifest: [UInt8], with key: PrivateKey) throws(ArtifactError) {
        if case .rsa(let bits) = key.publicKey.kind, bits < 2048 { throw .unsupportedKey }
        guard let signature = try? key.signRaw(manifest) else { throw .unsupportedKey }
        self.manifest = manifest
        self.signature = signature
    }

    /// Reads the member `manifest.sig`.
    init(manifest: [UInt8], member: [UInt8]) throws(ArtifactError) {
        guard let signature = Base64.decode(member), !signature.isEmpty else { throw .badSignature }
        self.manifest = manifest
        self.signature = signature
    }

    /// The content of `manifest.sig`.
    var member: [UInt8] { Array(Base64.encode(signature).utf8) }
}

extension ArtifactSignature: Codable {
    private enum CodingKeys: CodingKey {
        case manifest, signature
    }

    /// Reads both as base64.
    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        func bytes(_ key: CodingKeys) throws -> [UInt8] {
            guard let bytes = Base64.decode(try values.decode(String.self, forKey: key)) else {
                throw DecodingError.dataCorruptedError(forKey: key, in: values, debugDescription: "not base64")
            }
            return bytes
        }
        manifest = try bytes(.manifest)
        signature = try bytes(.signature)
    }

    /// Writes both as base64.
    package func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(Base64.encode(manifest), forKey: .manifest)
        try values.encode(Base64.encode(signature), forKey: .signature)
    }
}
