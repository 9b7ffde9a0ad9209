internal import BaseTestSupport
internal import Encoding
import Testing

@testable import PKI

/// Compact tokens (RFC 7515) with Ed25519 (RFC 8037).
@Suite struct WebTokenTests {
    private static let claims = Array(#"{"sub":"d1","exp":1900000000}"#.utf8)

    @Test func token_IsHeaderClaimsAndSignature_ThatOpenSSLVerifies() throws {
        let seed = SealingKey.random()
        let token = try WebTokenSigner(seed).sign(claims: Self.claims)
        let parts = token.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        #expect(parts.count == 3 && !token.contains("="))
        let header = try JSONValue(parsing: try #require(Base64URL.decode(parts[0])))
        #expect(header["alg"]?.string == "EdDSA" && header["typ"]?.string == "JWT")
        #expect(Base64URL.decode(parts[1]) == Self.claims)
        let signature = try #require(Base64URL.decode(parts[2]))
        #expect(signature.count == 64)

        let key = try PrivateKey(ed25519Seed: seed.bytes).publicKey
        let folder = try WorkFolder()
        try folder.put("public", key.pem().utf8)
        try folder.put("message", "\(parts[0]).\(parts[1])".utf8)
        try folder.put("signature", signature)
        let verdict = try OpenSSL.text([
            "pkeyutl", "-verify", "-pubin", "-rawin", "-inkey", folder.path + "/public", "-in",
            folder.path + "/message", "-sigfile", folder.path + "/signature",
        ])
        #expect(verdict.contains("Signature Verified Successfully"), "\(verdict)")
    }

    /// RFC 8037 A.2: the seed and the public key of the example.
    @Test func key_IsThatOfTheSeed() throws {
        let seed = try #require(Base64URL.decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"))
        let spki = try PrivateKey(ed25519Seed: seed).publicKey.spki
        #expect(Base64URL.encode(Array(spki.suffix(32))) == "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")
    }

    @Test func sameSeed_GivesTheSameToken_AnotherAnother() throws {
        let seed = SealingKey.random()
        let token = try WebTokenSigner(seed).sign(claims: Self.claims)
        #expect(try WebTokenSigner(try SealingKey(seed.bytes)).sign(claims: Self.claims) == token)
        #expect(try WebTokenSigner(SealingKey.random()).sign(claims: Self.claims) != token)
        #expect(try WebTokenSigner(seed).sign(claims: Self.claims + [0x20]) != token)
    }
}
