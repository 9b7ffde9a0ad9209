internal import BaseTestSupport
internal import Encoding
import Testing

@testable import PKI

/// SubjectPublicKeyInfo in its one canonical form.
@Suite struct PublicKeyTests {
    private static func spki(_ pem: String, _ more: String...) throws -> [UInt8] {
        try OpenSSL.bytes(["pkey", "-pubout", "-outform", "DER"] + more, input: Array(pem.utf8))
    }

    /// RFC 5480 section 2: the curve by its name, the point compressed or not; any other form must be rejected.
    @Test(arguments: ["prime256v1", "secp384r1", "secp521r1"]) func pointAndCurve_AreInFormsOfTheStandard(
        curve: String
    ) throws {
        let pem = try OpenSSL.makeKey("EC", "ec_paramgen_curve:\(curve)")
        let plain = try Self.spki(pem)
        let key = try PrivateKey(pem: pem, passphrase: nil)
        let compressed = try PublicKey(spki: try Self.spki(pem, "-ec_conv_form", "compressed"))
        #expect(try PublicKey(spki: plain) == key.publicKey && compressed != key.publicKey)
        #expect(compressed.kind == key.publicKey.kind && compressed.spki.count < plain.count)
        #expect(try compressed.verify(key.sign([1, 2, 3]), of: [1, 2, 3]))
        let (hybrid, explicit) = (
            try Self.spki(pem, "-ec_conv_form", "hybrid"), try Self.spki(pem, "-ec_param_enc", "explicit")
        )
        #expect(hybrid.count == plain.count && hybrid != plain && explicit.count > plain.count)
        for refused in [hybrid, explicit] {
            #expect(throws: PKIError(.readPublicKey)) { try PublicKey(spki: refused) }
        }
    }

    /// The length written in two octets where one is enough: the same key to a lenient reader, another to one that
    /// compares bytes.
    @Test func lengthInAnotherForm_IsRefused() throws {
        let spki = try PrivateKey.makeP256().publicKey.spki
        #expect(throws: PKIError(.readPublicKey)) { try PublicKey(spki: [0x30, 0x81] + spki.dropFirst()) }
        let rsa = try Self.spki(try OpenSSL.makeKey("RSA", "rsa_keygen_bits:1024"))
        let parameters = try #require(rsa.indices.first { rsa[$0...].starts(with: [0x05, 0x00]) })
        var without = rsa
        without.removeSubrange(parameters..<(parameters + 2))
        without[4] -= 2
        without[2] -= 2
        #expect(throws: PKIError(.readPublicKey), "RSA without its NULL") { try PublicKey(spki: without) }
    }

    @Test func longestKey_IsOfRSA8192_AndNoLonger() {
        #expect(throws: PKIError(.readPublicKey)) { try PublicKey(spki: [UInt8](repeating: 0x30, count: 2049)) }
    }

    @Test(arguments: ["00", "02", "03", "05", "06", "07", "ff"]) func pointOfAnotherForm_IsNoKey(head: String) throws {
        var spki = try PrivateKey.makeP256().publicKey.spki
        spki[26] = try #require(Hex.decode(head)?.first)
        #expect(throws: PKIError(.readPublicKey)) { try PublicKey(spki: spki) }
    }

    @Test func pointOffTheCurve_IsNoKey() throws {
        let prefix = P256Point.spkiPrefix
        for point in [
            [UInt8](repeating: 0, count: 64), [UInt8](repeating: 0xFF, count: 64),
            [UInt8](repeating: 0, count: 63) + [1],
        ] {
            #expect(throws: PKIError(.readPublicKey)) { try PublicKey(spki: prefix + [4] + point) }
        }
    }

    @Test func fingerprintAndPEM_AreThoseOfOpenSSL() throws {
        let key = try PrivateKey.makeP256()
        #expect(try OpenSSL.text(["pkey", "-pubout"], input: Array(try key.pem().utf8)) == key.publicKey.pem())
        let digest = try OpenSSL.text(["dgst", "-sha256", "-r"], input: key.publicKey.spki)
        #expect(digest.hasPrefix(key.publicKey.fingerprint + " "))
        #expect(throws: PKIError(.readPublicKey)) { try PublicKey(pem: "") }
        let relabelled = PEM.encode(label: "EC PUBLIC KEY", key.publicKey.spki)
        #expect(throws: PKIError(.readPublicKey)) { try PublicKey(pem: relabelled) }
    }

    @Test(arguments: [
        (KeyKind.p256, [AllowedKey.p256]), (.p384, [.p384]), (.ed25519, [.ed25519]), (.rsa(bits: 2048), [.rsa2048]),
        (.rsa(bits: 4096), [.rsa2048]), (.rsa(bits: 2047), []), (.rsa(bits: 1024), []), (.other("secp521r1"), []),
    ])
    func kindOfKey_IsAdmittedByItsWord(kind: KeyKind, words: [AllowedKey]) {
        #expect(AllowedKey.allCases.filter { $0.admits(kind) } == words)
        var profile = CertificateProfile.client
        #expect(profile.allows(kind) == ![AllowedKey.rsa2048].contains(words.first ?? .rsa2048), "not RSA by itself")
        profile.allowedKeys = Set(words)
        #expect(profile.allows(kind) == !words.isEmpty)
    }
}
