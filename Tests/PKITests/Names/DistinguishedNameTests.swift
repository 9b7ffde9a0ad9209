internal import BaseTestSupport
internal import Encoding
import Testing

@testable import PKI

/// Subjects: what the product reads off them, whoever wrote them in whatever string type.
@Suite struct DistinguishedNameTests {
    private static let names: [DistinguishedName] = [
        DistinguishedName(commonName: "d1"), DistinguishedName(organization: "Zone", commonName: "d1"),
        DistinguishedName(organization: "Zone", organizationalUnits: ["iotdevice"], commonName: "AA:BB:CC"),
        DistinguishedName(organization: "Zöne", organizationalUnits: ["b", "a", "b"], commonName: "中 é, \"x\"+y"),
        DistinguishedName(organization: "Zone", commonName: ""), DistinguishedName(commonName: ""),
    ]

    private static func certificate(_ subject: String, _ more: [String] = []) throws -> Certificate {
        try OpenSSL.makeCertificate(
            try WorkFolder(), "c", key: try OpenSSL.makeKey("ED25519"), subject: subject, extensions: [], more: more)
    }

    @Test(arguments: names) func name_IsReadByOpenSSLAsItWasWritten(name: DistinguishedName) throws {
        let expected =
            (name.organization.map { [("O", $0)] } ?? []) + name.organizationalUnits.map { ("OU", $0) }
            + (name.commonName.isEmpty ? [] : [("CN", name.commonName)])
        let lines = try OpenSSL.elements(name.der)
        #expect(lines.filter { $0.contains("UTF8STRING") }.count == expected.count)
        #expect(lines.filter { $0.contains("prim: OBJECT") }.count == expected.count)
        #expect(lines.filter { $0.contains("cons: SET") }.count == expected.count, "each is a set of its own")
        let read = try SubjectName(reading: name.der[...])
        #expect(read.attributes.map(\.text) == expected.map { $0.1 })
    }

    @Test func everyUnitIsKept_AndTheFirstOfOtherAttributes() throws {
        let subject = try Self.certificate("/O=One/O=Two/OU=b/OU=a/L=Town/CN=first/CN=second").subject
        #expect(subject.organization == "One" && subject.organizationalUnits == ["b", "a"])
        #expect(subject.commonName == "first")
    }

    @Test func noSubject_IsAnEmptyName() throws {
        let subject = try Self.certificate("/L=Town").subject
        #expect(subject == DistinguishedName(commonName: ""))
    }

    /// The same text in the string types that OpenSSL can be told to write.
    @Test(arguments: ["nombstr", "utf8only", "pkix", "default"])
    func stringType_DoesNotMatter(mask: String) throws {
        let folder = try WorkFolder()
        let settings = try folder.put(
            "types.cnf", "[req]\nstring_mask=\(mask)\ndistinguished_name=d\nprompt=no\n[d]\nO=Müller\nCN=d1\n".utf8)
        let key = try folder.put("k", try OpenSSL.makeKey("ED25519").utf8)
        let der = try OpenSSL.bytes([
            "req", "-x509", "-new", "-utf8", "-key", key, "-config", settings, "-outform", "DER",
        ])
        let certificate = try Certificate(der: der)
        #expect(certificate.subject == DistinguishedName(organization: "Müller", commonName: "d1"))
        let name = try SubjectName(certificate)
        #expect(name == (try SubjectName(reading: certificate.subject.der[...])))
        #expect(name.commonNames == ["d1"])
    }

    /// What mosquitto takes for a user's name is what `openssl x509 -nameopt RFC2253` writes.
    @Test(arguments: [
        "/O=Zone/OU=iotdevice/CN=d1", "/O=Zöne/CN=中", "/CN=a,b+c=d\"e\\\\f<g>;#", "/CN= lead and trail ",
        "/O=Test/CN=#hash", "/C=CH/L=Town/CN=d1",
    ])
    func subjectText_IsOpenSSLs(subject: String) throws {
        let certificate = try Self.certificate(subject)
        let line = try OpenSSL.describe(certificate, "-subject", "-nameopt", "RFC2253")
        #expect("subject=\(certificate.subjectText)\n" == line)
    }

    @Test func subjectText_OfAMadeCertificate_BeginsWithTheDevice() throws {
        let certificate = try TestAuthority().issue(.iotdevice, "d1")
        #expect(certificate.subjectText == "CN=d1,OU=iotdevice,O=Test Zone")
    }
}
