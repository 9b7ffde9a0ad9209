import BaseTestSupport
import Encoding
import PKI
import Testing

@testable import CoSigning

/// Public keys as messages and trust stores have them.
@Suite struct VerificationKeyTests {
    private static let jwk = Party.project.jwk

    @Test(arguments: Party.allCases) func jwkOfATestKey_IsReadAndWrittenAsItStands(_ party: Party) throws {
        let entry = try Vectors.load("keys").required("keys").required(party.rawValue)
        let key = try #require(VerificationKey(jwk: try entry.required("jwk")))
        #expect(key == party.key)
        #expect(key.key == (try PublicKey(pem: try entry.requiredText("public_pem"))))
        // Written whole, also where the vectors' own lacks a leading zero.
        #expect(key.jwk["x"]?.string?.utf8.count == 43)
        #expect(VerificationKey(jwk: key.jwk) == key)
        #expect(key.jwk.members?.map(\.name) == ["kty", "crv", "x", "y", "kid"])
    }

    @Test(
        arguments: [
            ("kty", nil), ("kty", "RSA"), ("kty", "ec"), ("kty", "OKP"), ("kty", 1), ("crv", nil), ("crv", "P-384"),
            ("crv", "secp256k1"), ("crv", "p-256"), ("crv", "Ed25519"), ("kid", nil), ("kid", ""), ("kid", .text(129)),
            ("kid", 1), ("x", nil), ("x", ""), ("x", "AA=="), ("x", 1), ("y", nil), ("y", ""), ("y", "AB"),
            ("x", .text(64)), ("y", .text(44)),
        ] as [(String, JSONValue?)])
    func jwkWithAWrongMember_IsRefused(_ name: String, _ value: JSONValue?) {
        #expect(VerificationKey(jwk: Self.jwk.with(name, value)) == nil)
    }

    @Test func jwkWithMoreMembers_IsRead() {
        #expect(VerificationKey(jwk: Self.jwk.with("use", "sig").with("state", "active")) == Party.project.key)
        #expect(VerificationKey(jwk: Self.jwk.with("kid", .text(128))) != nil)
        for value: JSONValue in [.null, [], "key", [:]] { #expect(VerificationKey(jwk: value) == nil) }
    }

    @Test func pointOffTheCurve_IsRefused() throws {
        let x = try #require(Base64URL.decode(try Self.jwk.requiredText("x")))
        for bytes in Damage.flips(of: x, masks: [1]) {
            let jwk = Self.jwk.with("x", .string(Base64URL.encode(bytes)))
            #expect(VerificationKey(jwk: jwk)?.key != Party.project.key.key)
        }
        let zero = JSONValue.string(Base64URL.encode([0]))
        #expect(VerificationKey(jwk: Self.jwk.with("x", zero).with("y", zero)) == nil)
        let prime = JSONValue.string(Base64URL.encode([UInt8](repeating: 0xFF, count: 32)))
        #expect(VerificationKey(jwk: Self.jwk.with("x", prime)) == nil)
        #expect(VerificationKey(jwk: Self.jwk.with("x", Self.jwk["y"]).with("y", Self.jwk["x"])) == nil)
    }

    /// The oneID SDK drops leading zeros; one key in 128 has some.
    @Test func keyWithLeadingZeros_IsReadWithoutAndWrittenWithThem() throws {
        var found = 0
        while found < 4 {
            let key = try #require(VerificationKey(kid: Party.device.kid, key: try PrivateKey.makeP256().publicKey))
            let coordinates = try ["x", "y"].map { try #require(Base64URL.decode(try key.jwk.requiredText($0))) }
            guard coordinates.contains(where: { $0[0] == 0 }) else { continue }
            found += 1
            let short = coordinates.map { JSONValue.string(Base64URL.encode(Array($0.drop { $0 == 0 }))) }
            #expect(VerificationKey(jwk: key.jwk.with("x", short[0]).with("y", short[1])) == key)
            #expect(coordinates.allSatisfy { $0.count == 32 })
        }
    }

    @Test func coordinateWithMoreZeros_IsRefused() throws {
        let x = try #require(Base64URL.decode(try Self.jwk.requiredText("x")))
        #expect(VerificationKey(jwk: Self.jwk.with("x", .string(Base64URL.encode([0] + x)))) == nil)
    }

    @Test(
        arguments: [
            ("EC", "ec_paramgen_curve:P-384"), ("EC", "ec_paramgen_curve:secp256k1"), ("ED25519", nil),
            ("RSA", "rsa_keygen_bits:2048"),
        ] as [(String, String?)])
    func keyOfAnotherKind_IsRefused(_ algorithm: String, _ option: String?) throws {
        let pem = try OpenSSLKey.publicPEM(try OpenSSLKey.pem(algorithm, option))
        guard let key = try? PublicKey(pem: pem) else { return }
        #expect(VerificationKey(kid: Party.project.kid, key: key) == nil)
    }

    /// Of one key in two forms a trust store could make two factors.
    @Test func compressedForm_IsRefused() throws {
        let pem = try OpenSSLKey.pem("EC", "ec_paramgen_curve:P-256")
        let whole = try PublicKey(pem: try OpenSSLKey.publicPEM(pem))
        let compressed = try PublicKey(pem: try OpenSSLKey.publicPEM(pem, form: "compressed"))
        #expect(compressed.kind == .p256)
        #expect(VerificationKey(kid: Party.project.kid, key: whole) != nil)
        #expect(VerificationKey(kid: Party.project.kid, key: compressed) == nil)
    }

    @Test func jwkThatHasTheOpenSSLForm_IsTheSameKey() throws {
        let pem = try OpenSSLKey.pem("EC", "ec_paramgen_curve:P-256")
        let key = try #require(
            VerificationKey(kid: Party.project.kid, key: try PublicKey(pem: try OpenSSLKey.publicPEM(pem))))
        #expect(VerificationKey(jwk: key.jwk)?.key == key.key)
        var message = Draft(Exchange.message)
        try message.sign(SigningKey(kid: key.kid, key: try PrivateKey(pem: pem, passphrase: nil)))
        let read = try SignedMessage(parsing: message.bytes)
        #expect(read.isSigned(read.entries[0], by: key.key))
    }
}
