internal import BaseTestSupport
internal import Encoding
import Testing

@testable import PKI

/// What is read off a certificate, with the openssl program as the other reader.
@Suite struct CertificateTests {
    private static func lines(_ certificate: Certificate, _ options: String...) throws -> [String] {
        try OpenSSL.text(["x509", "-inform", "DER", "-noout"] + options, input: certificate.der)
            .split(separator: "\n").map(String.init)
    }

    @Test(arguments: ["1", "7f", "80", "ff00000000000000000000000000000000000000"])
    func fields_AreThoseThatOpenSSLReads(serial: String) throws {
        let authority = try TestAuthority()
        let number = try #require(Serial(hex: serial))
        let made = try authority.issue(.service, "broker.local", names: [.dns("broker.local")], serial: number)
        let read = try Certificate(der: made.der)
        let lines = try Self.lines(
            read, "-serial", "-fingerprint", "-sha256", "-startdate", "-enddate", "-dateopt", "iso_8601")
        #expect(Serial(hex: String(lines[0].dropFirst("serial=".count))) == read.serial && read.serial == number)
        let fingerprint = try #require(lines[1].split(separator: "=").last).replacing(":", with: "").lowercased()
        #expect(fingerprint == read.fingerprint)
        #expect(lines[2] == "notBefore=2027-01-15 08:00:00Z" && read.notBefore == 1_800_000_000)
        #expect(lines[3] == "notAfter=2030-03-17 17:46:40Z" && read.notAfter == 1_900_000_000)
        let key = try OpenSSL.text(["x509", "-inform", "DER", "-noout", "-pubkey"], input: read.der)
        #expect(key == read.publicKey.pem())
        let pem = try OpenSSL.text(["x509", "-inform", "DER"], input: read.der)
        #expect(pem == read.pem)
        #expect(try Certificate(pem: pem) == read)
    }

    /// The signer hands out what it knows of a certificate without reading it again.
    @Test(arguments: CertificateProfile.builtIn) func madeCertificate_IsWhatIsReadFromItsBytes(
        profile: CertificateProfile
    ) throws {
        var profile = profile
        profile.subjectAlternativeNames = [.dns, .address, .uri]
        let names: [SubjectAlternativeName] = [
            .dns("a.example"), .address("192.0.2.1"), .uri("urn:x"), .dns("b.example"),
        ]
        let made = try TestAuthority().issue(profile, "d1", names: names)
        let read = try Certificate(der: made.der)
        #expect(read == made && read.hashValue == made.hashValue)
        #expect(read.subject == made.subject && read.subjectDER == made.subjectDER && read.issuerDER == made.issuerDER)
        #expect(read.serial == made.serial && read.notBefore == made.notBefore && read.notAfter == made.notAfter)
        #expect(read.publicKey == made.publicKey && read.isAuthority == made.isAuthority && !read.isAuthority)
        #expect(read.dnsNames == made.dnsNames && read.dnsNames == ["a.example", "b.example"])
        #expect(read.addresses == made.addresses && read.uris == made.uris)
    }

    @Test(
        arguments: [
            ([], false), (["basicConstraints=critical,CA:TRUE"], true),
            (["basicConstraints=CA:TRUE", "keyUsage=keyCertSign"], true),
            (["basicConstraints=critical,CA:TRUE,pathlen:0", "keyUsage=critical,cRLSign,keyCertSign"], true),
            (["basicConstraints=critical,CA:TRUE", "keyUsage=cRLSign,digitalSignature"], false),
            (["basicConstraints=critical,CA:FALSE", "keyUsage=keyCertSign"], false),
            (["keyUsage=keyCertSign"], false), (["basicConstraints=CA:FALSE"], false),
        ] as [([String], Bool)])
    func authority_IsOneThatMaySign(extensions: [String], isAuthority: Bool) throws {
        let certificate = try OpenSSL.makeCertificate(
            try WorkFolder(), "c", key: try OpenSSL.makeKey("ED25519"), subject: "/CN=c", extensions: extensions)
        #expect(certificate.isAuthority == isAuthority)
    }

    @Test func signature_IsOfThatIssuerOnly() throws {
        let (authority, namesake) = (try TestAuthority(), try TestAuthority())
        let certificate = try authority.issue(.iotdevice)
        #expect(
            certificate.isSigned(by: authority.certificate) && authority.certificate.isSigned(by: authority.certificate)
        )
        #expect(!certificate.isSigned(by: namesake.certificate), "the same name, another key")
        let renamed = try TestAuthority("Other CA", key: authority.key)
        #expect(!certificate.isSigned(by: renamed.certificate), "the same key, another name")
        #expect(!certificate.isSigned(by: certificate))
        #expect(certificate.matches(try PrivateKey.makeP256()) == false)
        #expect(authority.certificate.matches(authority.key) && !certificate.matches(authority.key))
    }

    @Test func tamperedCertificate_IsNotSigned() throws {
        let authority = try TestAuthority()
        let certificate = try authority.issue(.iotdevice)
        let place = try #require(
            certificate.der.indices.first { certificate.der[$0...].starts(with: Array("iotdevice".utf8)) })
        var altered = certificate.der
        altered[place] = UInt8(ascii: "I")
        let read = try Certificate(der: altered)
        #expect(read.subject.organizationalUnits == ["Iotdevice"] && !read.isSigned(by: authority.certificate))
    }

    @Test func mentionedText_IsFoundAnywhere() throws {
        var profile = CertificateProfile.iotdevice
        profile.crlURL = "http://hub.local/pki/ca.crl"
        let certificate = try TestAuthority().issue(profile)
        #expect(certificate.mentions("http://hub.local/pki/ca.crl") && certificate.mentions("d1"))
        #expect(!certificate.mentions("http://hub.local/pki/ca.crx") && !certificate.mentions(""))
        #expect(!certificate.mentions(String(repeating: "x", count: certificate.der.count + 1)))
        let whole = String(decoding: certificate.der.prefix(1), as: UTF8.self)
        #expect(certificate.mentions(whole), "its first byte")
    }

    /// A serial that is negative or 0, and one of more than 20 octets, are those of no certificate of ours.
    @Test(arguments: ["-1", "0", "0x01ffffffffffffffffffffffffffffffffffffffff"])
    func serialBeyondTheStandard_IsRefused(serial: String) throws {
        let folder = try WorkFolder()
        let key = try folder.put("k", try OpenSSL.makeKey("ED25519").utf8)
        let der = try OpenSSL.bytes([
            "req", "-x509", "-new", "-key", key, "-subj", "/CN=c", "-set_serial", serial, "-outform", "DER",
        ])
        #expect(!der.isEmpty)
        #expect(throws: PKIError(.readCertificate)) { try Certificate(der: der) }
    }

    @Test func longCertificate_IsReadUpToItsLimit() throws {
        let names = (0..<200).map { "DNS:\(String(repeating: "a", count: 60)).\($0).example" }.joined(separator: ",")
        let certificate = try OpenSSL.makeCertificate(
            try WorkFolder(), "c", key: try OpenSSL.makeKey("ED25519"), subject: "/CN=c",
            extensions: ["subjectAltName=" + names])
        #expect(certificate.der.count > 14_000 && certificate.dnsNames.count == 200)
        let filler = [UInt8](repeating: 0, count: 64 * 1024 - 3)
        #expect(throws: PKIError(.readCertificate)) { try Certificate(der: DER.element(0x30, filler)) }
    }
}
