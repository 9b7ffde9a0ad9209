internal import COpenSSL
internal import Encoding

/// Makes compact tokens (RFC 7515, RFC 7519) signed with Ed25519 (`EdDSA`, RFC 8037).
///
/// The hub believes a token because its digest is in the store, so that a revoked one ends at once; the signature
/// is for other readers. There is therefore no verification here.
package struct WebTokenSigner: Sendable {
    private let key: PrivateKey
    /// `{"alg":"EdDSA","typ":"JWT"}`, encoded.
    private static let header = Base64URL.encode(Array(#"{"alg":"EdDSA","typ":"JWT"}"#.utf8))

    /// - Parameter key: 32 bytes that become the key's seed; the same ones give the same key after a restart.
    package init(_ key: SealingKey) {
        do {
            self.key = try PrivateKey(ed25519Seed: key.bytes)
        } catch {
            preconditionFailure("this OpenSSL has no Ed25519")
        }
    }

    /// A token with these claims, a JSON object.
    package func sign(claims: [UInt8]) throws(PKIError) -> String {
        let content = Self.header + "." + Base64URL.encode(claims)
        return content + "." + Base64URL.encode(try key.sign(Array(content.utf8)))
    }
}

extension PrivateKey {
    /// The Ed25519 key of a seed (RFC 8032 section 5.1.5).
    convenience init(ed25519Seed seed: [UInt8]) throws(PKIError) {
        try self.init(
            try unsafe Owned(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nil, seed, seed.count), .makeKey) {
                unsafe EVP_PKEY_free($0)
            })
    }
}
