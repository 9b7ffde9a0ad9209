import PKI
import Testing

/// The template path against its oracle, OpenSSL's X509 interface: the same bytes but for the signature.
@Suite struct TemplateTests {
    struct Authority {
        let certificate: Certificate
        let key: PrivateKey
        let signer: CertificateSigner

        init() throws {
            key = try PrivateKey.makeP256()
            certificate = try CertificateSigner.makeAuthority(
                commonName: "Test CA", organization: "Test Zone", key: key, serial: .random(), notBefore: 1_700_000_000,
                notAfter: 2_400_000_000)
            signer = try CertificateSigner(issuer: certificate, key: key, organization: "Test Zone")
        }
    }

    static let names = ["d", "device-1", "AA:BB:CC:DD:EE:FF", "é<ü>&\"中", String(repeating: "x", count: 64)]

    /// TBSCertificate of a certificate: the first element of the outer SEQUENCE.
    static func toBeSigned(_ certificate: Certificate) -> [UInt8] {
        let der = certificate.der
        var index = der[1] < 0x80 ? 2 : 2 + Int(der[1] & 0x7F)
        let start = index
        index += 1
        var length = Int(der[index])
        index += 1
        if length >= 0x80 {
            let digits = length & 0x7F
            length = der[index..<(index + digits)].reduce(0) { $0 << 8 | Int($1) }
            index += digits
        }
        return Array(der[start..<(index + length)])
    }

    static func fields(_ name: String, _ key: PublicKey, notAfter: Int64 = 1_900_000_000) -> CertificateFields {
        CertificateFields(
            commonName: name, publicKey: key, serial: .random(), notBefore: 1_800_000_000, notAfter: notAfter)
    }

    @Test(arguments: CertificateProfile.builtIn)
    func everyProfileAndName_IsTheSameOnBothPaths(profile: CertificateProfile) throws {
        let authority = try Authority()
        var linked = profile
        linked.crlURL = "http://hub.local:43777/pki/ca.crl"
        linked.ocspURL = "http://hub.local:43777/pki/ocsp"
        linked.issuerURL = "http://hub.local:43777/pki/ca.cer"
        for profile in [profile, linked] {
            for name in Self.names {
                let fields = Self.fields(name, try PrivateKey.makeP256().publicKey)
                let fast = try authority.signer.sign(fields, profile: profile)
                let slow = try authority.signer.signWithOpenSSL(fields, profile: profile)
                #expect(Self.toBeSigned(fast) == Self.toBeSigned(slow))
                #expect(fast.isSigned(by: authority.certificate))
                let parsed = try Certificate(der: fast.der)
                #expect(parsed.subject == fast.subject && parsed.serial == fast.serial)
                #expect(parsed.notBefore == fast.notBefore && parsed.notAfter == fast.notAfter)
                #expect(parsed.subjectDER == fast.subjectDER && parsed.issuerDER == fast.issuerDER)
            }
        }
    }

    @Test func alternativeNames_AreTheSameOnBothPaths() throws {
        let authority = try Authority()
        var fields = Self.fields("hub.local", authority.key.publicKey)
        fields.subjectAlternativeNames = [
            .dns("hub.local"), .dns("a.example"), .address("192.0.2.1"), .address("2001:db8::1"),
        ]
        let fast = try authority.signer.sign(fields, profile: .server)
        #expect(
            Self.toBeSigned(fast) == Self.toBeSigned(try authority.signer.signWithOpenSSL(fields, profile: .server)))
        let parsed = try Certificate(der: fast.der)
        #expect(parsed.dnsNames == ["hub.local", "a.example"])
        #expect(parsed.addresses == ["192.0.2.1", "2001:db8::1"])
    }

    @Test(arguments: [Int64(0), 946_684_799, 951_782_400, 2_524_607_999, 2_524_608_000, 4_107_542_400, 253_402_300_799])
    func dates_AreTheSameOnBothPaths(moment: Int64) throws {
        let authority = try Authority()
        let fields = Self.fields("d", authority.key.publicKey, notAfter: moment)
        let fast = try authority.signer.sign(fields, profile: .iotdevice)
        #expect(
            Self.toBeSigned(fast) == Self.toBeSigned(try authority.signer.signWithOpenSSL(fields, profile: .iotdevice)))
        #expect(try Certificate(der: fast.der).notAfter == moment)
    }

    @Test(arguments: ["01", "7f", "80", "ff00", "0080", "7fffffffffffffffffffffffffffffff"])
    func serials_AreTheSameOnBothPaths(hex: String) throws {
        let authority = try Authority()
        var fields = Self.fields("d", authority.key.publicKey)
        fields.serial = try #require(Serial(hex: hex))
        let fast = try authority.signer.sign(fields, profile: .iotdevice)
        #expect(
            Self.toBeSigned(fast) == Self.toBeSigned(try authority.signer.signWithOpenSSL(fields, profile: .iotdevice)))
    }

    @Test(arguments: ["", String(repeating: "x", count: 65)])
    func nameOutsideX509sLimits_IsRefused(name: String) throws {
        let authority = try Authority()
        #expect(throws: PKIError.self) {
            try authority.signer.sign(Self.fields(name, authority.key.publicKey), profile: .iotdevice)
        }
    }

    @Test func nameThatTheProfileDoesNotAdmit_IsRefused() throws {
        let authority = try Authority()
        var fields = Self.fields("d", authority.key.publicKey)
        fields.subjectAlternativeNames = [.dns("a.example")]
        #expect(throws: PKIError.self) { try authority.signer.sign(fields, profile: .iotdevice) }
    }
}
