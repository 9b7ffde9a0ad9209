internal import BaseTestSupport
internal import Encoding
import Testing

@testable import PKI

/// PKCS#10 (RFC 2986): what openssl writes is read; what is wrong in one place is refused for that.
@Suite struct CertificateRequestTests {
    private static func make(
        _ algorithm: String, _ option: String? = nil, subject: String = "/CN=d1", more: [String] = []
    ) throws -> (der: [UInt8], key: PrivateKey) {
        let pem = try OpenSSL.makeKey(algorithm, option)
        let folder = try WorkFolder()
        let file = try folder.put("key", pem.utf8)
        let der = try OpenSSL.bytes(
            ["req", "-new", "-utf8", "-key", file, "-subj", subject, "-outform", "DER"] + more)
        return (der, try PrivateKey(pem: pem, passphrase: nil))
    }

    @Test(
        arguments: [
            ("EC", "ec_paramgen_curve:prime256v1", "-sha256"), ("EC", "ec_paramgen_curve:prime256v1", "-sha384"),
            ("EC", "ec_paramgen_curve:prime256v1", "-sha512"), ("EC", "ec_paramgen_curve:secp384r1", "-sha384"),
            ("EC", "ec_paramgen_curve:secp384r1", "-sha256"), ("RSA", "rsa_keygen_bits:2048", "-sha256"),
            ("RSA", "rsa_keygen_bits:2048", "-sha384"), ("RSA", "rsa_keygen_bits:2048", "-sha512"),
            ("ED25519", nil, nil),
        ] as [(String, String?, String?)])
    func requestOfEachKind_IsRead(algorithm: String, option: String?, digest: String?) throws {
        let (der, key) = try Self.make(algorithm, option, more: digest.map { [$0] } ?? [])
        let request = try CertificateRequest(der: der)
        #expect(request.publicKey == key.publicKey)
        #expect(request.subject.commonNames == ["d1"] && request.subjectAlternativeNames.isEmpty)
    }

    @Test(
        arguments: [
            ("EC", "ec_paramgen_curve:prime256v1", ["-sha1"], PKIError.Step.requestAlgorithm),
            ("EC", "ec_paramgen_curve:prime256v1", ["-sha3-256"], .requestAlgorithm),
            ("RSA", "rsa_keygen_bits:2048", ["-sha1"], .requestAlgorithm),
            ("RSA", "rsa_keygen_bits:2048", ["-md5"], .requestAlgorithm),
            ("RSA", "rsa_keygen_bits:2048", ["-sigopt", "rsa_padding_mode:pss"], .requestAlgorithm),
            ("EC", "ec_paramgen_curve:secp521r1", [], .requestKeyKind),
            ("EC", "ec_paramgen_curve:secp256k1", [], .requestKeyKind), ("ED448", nil, [], .requestKeyKind),
            ("RSA-PSS", "rsa_keygen_bits:2048", [], .requestKeyKind),
        ] as [(String, String?, [String], PKIError.Step)])
    func requestOfAnotherKind_IsRefusedForIt(
        algorithm: String, option: String?, more: [String], step: PKIError.Step
    ) throws {
        let (der, _) = try Self.make(algorithm, option, more: more)
        #expect(!der.isEmpty)
        let error = #expect(throws: PKIError.self) { try CertificateRequest(der: der) }
        #expect(error?.step == step)
    }

    @Test func names_AreReadFromAllThatWereAskedFor() throws {
        let (der, _) = try Self.make(
            "ED25519", subject: "/O=Zone/CN=d1/CN=d2",
            more: [
                "-addext", "basicConstraints=CA:TRUE", "-addext",
                "subjectAltName=DNS:a.example,email:x@y.example,IP:192.0.2.1,IP:2001:db8::1,URI:urn:x,RID:1.2.3",
            ])
        let request = try CertificateRequest(der: der)
        #expect(request.subject.commonNames == ["d1", "d2"])
        #expect(
            request.subjectAlternativeNames == [
                .dns("a.example"), .address("192.0.2.1"), .address("2001:db8::1"), .uri("urn:x"),
            ])
    }

    @Test func otherAttributes_ArePassedOver() throws {
        let key = try PrivateKey.makeP256()
        var request = SignedRequest()
        request.attributes = SignedRequest.attribute(
            [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x07], [0x0C, 1, 0x78])
        #expect(try CertificateRequest(der: request.der(key)).subjectAlternativeNames.isEmpty)
        request.attributes = [0xA0, 0x00]
        #expect(try CertificateRequest(der: request.der(key)).publicKey == key.publicKey)
        request.attributes = []
        #expect(try CertificateRequest(der: request.der(key)).publicKey == key.publicKey, "some clients leave it out")
    }

    @Test func addressOfAnOddLength_IsNoName() throws {
        var request = SignedRequest()
        request.attributes = SignedRequest.extensions([0x87, 5, 1, 2, 3, 4, 5, 0x82, 1, 0x61])
        #expect(try CertificateRequest(der: request.der(try .makeP256())).subjectAlternativeNames == [.dns("a")])
    }

    @Test func numberOfNames_IsLimited() throws {
        let key = try PrivateKey.makeP256()
        var request = SignedRequest()
        request.attributes = SignedRequest.extensions([[UInt8]](repeating: [0x82, 1, 0x61], count: 32).flatMap(\.self))
        #expect(try CertificateRequest(der: request.der(key)).subjectAlternativeNames.count == 32)
        request.attributes = SignedRequest.extensions([[UInt8]](repeating: [0x82, 1, 0x61], count: 33).flatMap(\.self))
        #expect(throws: PKIError(.readRequest)) { try CertificateRequest(der: request.der(key)) }
    }

    @Test func eachPartInItsPlace_OrItIsNoRequest() throws {
        let key = try PrivateKey.makeP256()
        let changes: [(inout SignedRequest) -> Void] = [
            { $0.version = [0x02, 0x01, 0x01] }, { $0.version = [] }, { $0.version = [0x02, 0x02, 0x00, 0x00] },
            { $0.subject = [0x31, 0x00] }, { $0.subject = [] }, { $0.attributes = [0x05, 0x00] },
            { $0.attributes = [0xA0, 0x00, 0xA0, 0x00] }, { $0.rest = [0x05, 0x00] },
            { $0.attributes = [0xA0, 1, 0x30] },
        ]
        for (number, change) in changes.enumerated() {
            var request = SignedRequest()
            change(&request)
            #expect(throws: PKIError(.readRequest), "\(number)") { try CertificateRequest(der: request.der(key)) }
        }
    }

    /// A key of one kind, signed as if by another; and the key of somebody else.
    @Test func signature_MustFitTheKeyInTheRequest() throws {
        let (key, other) = (try PrivateKey.makeP256(), try PrivateKey(ed25519Seed: SecureRandom.bytes(32)))
        var request = SignedRequest()
        request.spki = try PrivateKey.makeP256().publicKey.spki
        #expect(throws: PKIError(.requestSignature)) { try CertificateRequest(der: request.der(key)) }
        request.spki = other.publicKey.spki
        #expect(throws: PKIError(.requestAlgorithm)) { try CertificateRequest(der: request.der(key)) }
        request.spki = [0x30, 0x00]
        #expect(throws: PKIError(.readPublicKey)) { try CertificateRequest(der: request.der(key)) }
        request.spki = nil
        request.algorithm = SignatureAlgorithm(.ed25519).identifier
        #expect(throws: PKIError(.requestAlgorithm)) { try CertificateRequest(der: request.der(key)) }
        request.algorithm = SignatureAlgorithm(.p384).identifier
        #expect(throws: PKIError(.requestSignature)) { try CertificateRequest(der: request.der(key)) }
    }

    @Test func everyFlippedBit_IsRefused() throws {
        let key = try PrivateKey(ed25519Seed: SecureRandom.bytes(32))
        var request = SignedRequest()
        request.attributes = SignedRequest.extensions([0x82, 1, 0x61])
        let der = try request.der(key)
        _ = try CertificateRequest(der: der)
        for broken in Damage.bitFlips(of: der) + Damage.beginnings(of: der) + [der + [0], [0] + der] {
            #expect(throws: PKIError.self) { try CertificateRequest(der: broken) }
        }
    }

    @Test func length_IsLimited() throws {
        let key = try PrivateKey.makeP256()
        var request = SignedRequest()
        let identifier: [UInt8] = [0x55, 0x04, 0x03]
        // ECDSA's signature varies by two bytes: some filling gives exactly the limit.
        let base = try request.der(key).count
        request.attributes = SignedRequest.attribute(
            identifier, DER.element(0x0C, [UInt8](repeating: 0x61, count: CertificateRequest.limit - base - 40)))
        #expect(try request.der(key).count <= CertificateRequest.limit)
        _ = try CertificateRequest(der: request.der(key))
        request.attributes = SignedRequest.attribute(
            identifier, DER.element(0x0C, [UInt8](repeating: 0x61, count: CertificateRequest.limit)))
        #expect(throws: PKIError(.readRequest)) { try CertificateRequest(der: request.der(key)) }
    }
}
