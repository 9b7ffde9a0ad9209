import PKI
import Testing

/// Bytes from strangers: refused or read, never a crash.
@Suite struct HostileInputTests {
    private static func samples() throws -> (certificate: Certificate, key: PrivateKey) {
        let authority = try TemplateTests.Authority()
        return (authority.certificate, authority.key)
    }

    @Test func everyTruncation_IsRefused() throws {
        let (certificate, key) = try Self.samples()
        for count in 0..<certificate.der.count {
            #expect(throws: PKIError.self) { try Certificate(der: Array(certificate.der.prefix(count))) }
        }
        for count in 0..<key.publicKey.spki.count {
            #expect(throws: PKIError.self) { try PublicKey(spki: Array(key.publicKey.spki.prefix(count))) }
        }
        #expect(throws: PKIError.self) { try Certificate(der: certificate.der + [0]) }
        #expect(throws: PKIError.self) { try PublicKey(spki: key.publicKey.spki + [0]) }
    }

    @Test func everyFlippedBit_IsReadOrRefused() throws {
        let (certificate, key) = try Self.samples()
        for index in certificate.der.indices {
            for bit in 0..<8 {
                var altered = certificate.der
                altered[index] ^= 1 << UInt8(bit)
                guard let read = try? Certificate(der: altered) else { continue }
                #expect(read != certificate)
                _ = read.isSigned(by: certificate)
            }
        }
        for index in 27..<key.publicKey.spki.count {
            var altered = key.publicKey.spki
            altered[index] ^= 1
            #expect((try? PublicKey(spki: altered)) == nil || index >= 59, "a point off the curve was taken")
        }
    }

    @Test func randomBytes_AreRefused() {
        for count in 0..<400 {
            let bytes = SecureRandom.bytes(count)
            #expect(throws: PKIError.self) { try Certificate(der: bytes) }
            #expect(throws: PKIError.self) { try PublicKey(spki: bytes) }
            _ = try? PEM.decode(String(decoding: bytes, as: UTF8.self))
        }
    }

    @Test(arguments: [
        "", "-----BEGIN PUBLIC KEY-----", "-----BEGIN PUBLIC KEY-----\n-----END CERTIFICATE-----",
        "-----BEGIN PUBLIC KEY-----\n!!!!\n-----END PUBLIC KEY-----",
        "-----BEGIN PUBLIC KEY-----\n\n-----END PUBLIC KEY-----",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
    ])
    func brokenPEM_IsNoKeyAndNoCertificate(text: String) {
        #expect(throws: PKIError.self) { try PublicKey(pem: text) }
        #expect(throws: PKIError.self) { try Certificate(pem: text) }
        #expect(throws: PKIError.self) { try PrivateKey(pem: text, passphrase: nil) }
    }

    @Test func endlessPEM_IsRefused() {
        let text = String(repeating: "-----BEGIN A-----\nAAAA\n-----END A-----\n", count: 100)
        #expect(throws: PKIError.self) { try PEM.decode(text) }
        #expect(throws: PKIError.self) { try PEM.decode(String(repeating: "A", count: PEM.textLimit + 1)) }
    }
}
