internal import BaseTestSupport
internal import Encoding
import Testing

@testable import PKI

/// Addresses and names as certificates carry them (RFC 5280 section 4.2.1.6).
@Suite struct AlternativeNameTests {
    @Test(arguments: [
        ("192.0.2.1", "192.0.2.1"), ("0.0.0.0", "0.0.0.0"), ("255.255.255.255", "255.255.255.255"),
        ("2001:DB8:0:0:0:0:0:1", "2001:db8::1"), ("2001:db8::1", "2001:db8::1"), ("[2001:db8::1]", "2001:db8::1"),
        ("::", "::"), ("::ffff:192.0.2.1", "::ffff:192.0.2.1"), ("fe80::0001", "fe80::1"),
    ])
    func address_IsWrittenInItsShortestForm(text: String, short: String) throws {
        let read = try #require(SubjectAlternativeName.address(in: text))
        #expect(read == short)
        #expect(SubjectAlternativeName.address(in: read) == read)
    }

    @Test(arguments: [
        "", "[]", "192.0.2", "192.0.2.256", "192.0.2.1.", "192.0.2.01.1", " 192.0.2.1", "192.0.2.1 ", "[192.0.2.1]",
        "2001:db8::1::2", "2001:db8", "[2001:db8::1", "2001:db8::1]", "[[2001:db8::1]]", "fe80::1%eth0", "1",
        "hub.example", "192.0.2.1/24", "192.0.2.1\u{0}", "192.0.2.1\u{0}.example", "2001:db8::1\u{0}x",
        "[2001:db8::1\u{0}]", "\u{0}192.0.2.1", "١٩٢.0.2.1",
    ])
    func anythingElse_IsNoAddress(text: String) {
        #expect(SubjectAlternativeName.address(in: text) == nil)
        #expect(SubjectAlternativeName.address(text).der == nil)
    }

    @Test(arguments: [
        (SubjectAlternativeName.dns("a.b"), "8203612e62"), (.uri("urn:x"), "860575726e3a78"),
        (.address("192.0.2.1"), "8704c0000201"), (.address("2001:db8::1"), "871020010db8000000000000000000000001"),
        (.dns(""), "8200"),
    ])
    func name_IsEncoded(name: SubjectAlternativeName, der: String) {
        #expect(name.der.map(Hex.encode) == der)
    }

    @Test func lettersBeyondASCII_CannotBeEncoded() {
        #expect(SubjectAlternativeName.dns("m\u{FC}ller.example").der == nil)
        #expect(SubjectAlternativeName.uri("urn:\u{FC}").der == nil)
    }

    @Test func kinds_AreThoseOfProfiles() {
        #expect(SubjectAlternativeName.dns("a").kind == .dns && SubjectAlternativeName.uri("a").kind == .uri)
        #expect(SubjectAlternativeName.address("a").kind == .address)
        #expect(SubjectAlternativeNameKind.allCases.map(\.rawValue) == ["dns", "address", "uri"])
    }

    @Test func namesOfACertificate_AreReadInOrder_OthersArePassedOver() throws {
        let names =
            "subjectAltName=DNS:a.example,email:x@a.example,IP:192.0.2.1,URI:urn:one,RID:1.2.3,DNS:*.b.example,"
            + "IP:2001:db8::1,URI:https://a.example/x?y"
        let certificate = try OpenSSL.makeCertificate(
            try WorkFolder(), "c", key: try OpenSSL.makeKey("ED25519"), subject: "/CN=c", extensions: [names])
        #expect(certificate.dnsNames == ["a.example", "*.b.example"])
        #expect(certificate.addresses == ["192.0.2.1", "2001:db8::1"])
        #expect(certificate.uris == ["urn:one", "https://a.example/x?y"])
    }

    @Test func certificateWithoutNames_HasNone() throws {
        let certificate = try TestAuthority().certificate
        #expect(certificate.dnsNames.isEmpty && certificate.addresses.isEmpty && certificate.uris.isEmpty)
    }
}
