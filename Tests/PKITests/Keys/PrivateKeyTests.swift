internal import BaseTestSupport
internal import Encoding
import Testing

@testable import PKI

/// Private keys as openssl writes them, in every form and of every kind.
@Suite struct PrivateKeyTests {
    private static let kinds: [(algorithm: String, option: String?, kind: KeyKind)] = [
        ("EC", "ec_paramgen_curve:prime256v1", .p256), ("EC", "ec_paramgen_curve:secp384r1", .p384),
        ("ED25519", nil, .ed25519), ("RSA", "rsa_keygen_bits:2048", .rsa(bits: 2048)),
        ("RSA", "rsa_keygen_bits:1024", .rsa(bits: 1024)), ("EC", "ec_paramgen_curve:secp521r1", .other("secp521r1")),
        ("EC", "ec_paramgen_curve:secp256k1", .other("secp256k1")), ("X25519", nil, .other("unknown")),
    ]

    @Test(arguments: kinds.indices) func kind_IsReadOffTheKey(index: Int) throws {
        let (algorithm, option, kind) = Self.kinds[index]
        let pem = try OpenSSL.makeKey(algorithm, option)
        let key = try PrivateKey(pem: pem, passphrase: nil)
        #expect(key.publicKey.kind == kind)
        #expect(try key.pem() == pem, "PKCS#8 as openssl writes it")
        let spki = try OpenSSL.bytes(["pkey", "-pubout", "-outform", "DER"], input: Array(pem.utf8))
        #expect(key.publicKey.spki == spki)
        #expect(try PEM.decode(pem).first?.bytes == key.pkcs8())
    }

    @Test(arguments: ["-traditional", "-des3", "-aes256"]) func otherForms_GiveTheSameKey(form: String) throws {
        let key = try PrivateKey.makeP256()
        let isEncrypted = form != "-traditional"
        let more = isEncrypted ? [form, "-passout", "pass:geheim"] : [form]
        let text = String(
            decoding: try OpenSSL.bytes(["pkey"] + more, input: Array(try key.pem().utf8)), as: UTF8.self)
        #expect(text.contains(isEncrypted ? "BEGIN ENCRYPTED PRIVATE KEY" : "BEGIN EC PRIVATE KEY"))
        let read = try PrivateKey(pem: text, passphrase: Array("geheim".utf8))
        #expect(read.publicKey == key.publicKey)
        guard isEncrypted else { return }
        #expect(throws: PKIError(.passphraseNeeded)) { try PrivateKey(pem: text, passphrase: nil) }
        for wrong in ["", "geheiM", "geheim "] {
            #expect(throws: PKIError(.wrongPassphrase)) { try PrivateKey(pem: text, passphrase: Array(wrong.utf8)) }
        }
    }

    @Test func legacyEncryption_IsReadWithItsPassphrase() throws {
        let key = try PrivateKey.makeP256()
        let text = String(
            decoding: try OpenSSL.bytes(
                ["ec", "-aes128", "-passout", "pass:x"], input: Array(try key.pem().utf8)), as: UTF8.self)
        #expect(text.contains("Proc-Type: 4,ENCRYPTED"))
        #expect(try PrivateKey(pem: text, passphrase: [0x78]).publicKey == key.publicKey)
        #expect(throws: PKIError(.passphraseNeeded)) { try PrivateKey(pem: text, passphrase: nil) }
    }

    @Test func everyTruncation_IsNoKey() throws {
        let bytes = try PrivateKey.makeP256().pkcs8()
        for broken in Damage.beginnings(of: bytes) {
            let text = PEM.encode(label: "PRIVATE KEY", broken)
            #expect(throws: PKIError(.readKey)) { try PrivateKey(pem: text, passphrase: nil) }
        }
        let endless = String(repeating: "A", count: PEM.textLimit + 1)
        #expect(throws: PKIError(.readKey)) { try PrivateKey(pem: endless, passphrase: nil) }
    }

    @Test func freshKeys_AreOfP256AndDiffer() throws {
        let keys = try (0..<20).map { _ in try PrivateKey.makeP256().publicKey.spki }
        #expect(Set(keys).count == 20)
        #expect(try PrivateKey.makeP256().publicKey.kind == .p256)
    }

    /// The openssl program verifies what the product signs, and the other way round.
    @Test(arguments: [0, 1, 2, 3]) func signature_IsRightForOpenSSL(index: Int) throws {
        let (algorithm, option, kind) = Self.kinds[index]
        let pem = try OpenSSL.makeKey(algorithm, option)
        let key = try PrivateKey(pem: pem, passphrase: nil)
        let folder = try WorkFolder()
        let message = Array("message of several bytes".utf8)
        try folder.put("message", message)
        try folder.put("key", pem.utf8)
        try folder.put("public", key.publicKey.pem().utf8)
        try folder.put("signature", try key.sign(message))
        let digest = kind == .ed25519 ? [] : ["-digest", kind == .p384 ? "sha384" : "sha256"]
        let both = ["-rawin", "-in", folder.path + "/message"] + digest
        let verdict = try OpenSSL.text(
            ["pkeyutl", "-verify", "-pubin", "-inkey", folder.path + "/public", "-sigfile", folder.path + "/signature"]
                + both)
        #expect(verdict.contains("Signature Verified Successfully"), "\(verdict)")
        let signature = try OpenSSL.bytes(["pkeyutl", "-sign", "-inkey", folder.path + "/key"] + both)
        #expect(key.publicKey.verify(signature, of: message))
        #expect(!key.publicKey.verify(signature, of: message + [0]))
        #expect(!key.publicKey.verify(signature + [0], of: message))
        #expect(!key.publicKey.verify(Array(signature.dropLast()), of: message))
        #expect(try !PrivateKey.makeP256().publicKey.verify(signature, of: message))
    }

    /// RFC 8032 section 7.1, tests 1 to 3.
    @Test(arguments: [
        (
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
                + "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
        ),
        (
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
                + "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        ),
        (
            "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
                + "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
        ),
    ])
    func ed25519_MatchesRFC8032(seed: String, publicKey: String, message: String, signature: String) throws {
        let key = try PrivateKey(ed25519Seed: try #require(Hex.decode(seed)))
        #expect(Hex.encode(key.publicKey.spki) == "302a300506032b6570032100" + publicKey)
        let text = try #require(Hex.decode(message))
        #expect(Hex.encode(try key.sign(text)) == signature)
        #expect(key.publicKey.verify(try #require(Hex.decode(signature)), of: text))
    }

    @Test(arguments: [0, 31, 33, 64]) func seedOfAnotherLength_IsNoKey(count: Int) {
        #expect(throws: PKIError(.makeKey)) { try PrivateKey(ed25519Seed: [UInt8](repeating: 1, count: count)) }
    }
}
