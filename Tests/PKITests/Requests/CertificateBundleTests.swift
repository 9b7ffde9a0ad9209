internal import BaseTestSupport
internal import Encoding
import Testing

@testable import PKI

/// Certificates in PKCS#7 (docs/protocols/enrolment.md 1.1), read by openssl.
@Suite struct CertificateBundleTests {
    private static func certificates(_ bundle: [UInt8]) throws -> [Certificate] {
        try Certificate.all(inPEM: OpenSSL.text(["pkcs7", "-inform", "DER", "-print_certs"], input: bundle))
    }

    @Test(arguments: [1, 2, 5]) func certificates_ComeBackSorted(count: Int) throws {
        let authority = try TestAuthority()
        let given = try [authority.certificate] + (1..<count).map { try authority.issue(.iotdevice, "d\($0)") }
        let bundle = CertificateBundle.encode(given)
        let read = try Self.certificates(bundle)
        #expect(Set(read) == Set(given) && read.count == count)
        #expect(read.map(\.der) == read.map(\.der).sorted { $0.lexicographicallyPrecedes($1) })
        #expect(CertificateBundle.encode(given.reversed()) == bundle, "whatever their order was")
    }

    @Test func form_IsSignedDataThatSignsNothing() throws {
        let certificate = try TestAuthority().certificate
        let lines = try OpenSSL.elements(CertificateBundle.encode([certificate]))
        #expect(
            lines[1].hasSuffix(":pkcs7-signedData") && lines[4].contains("prim: INTEGER") && lines[4].hasSuffix(":01"))
        #expect(lines[5].contains("l=   0 cons: SET"), "no digests")
        #expect(lines[7].hasSuffix(":pkcs7-data"))
        #expect(lines.last?.contains("l=   0 cons: SET") == true, "no signers, and the set is there")
        #expect(lines.filter { $0.contains("cont [ 1 ]") && $0.contains("d=3") }.isEmpty, "no lists")
        let bundle = CertificateBundle.encode([certificate])
        #expect(bundle.suffix(2 + certificate.der.count) == certificate.der + [0x31, 0x00])
    }

    @Test func noCertificates_AreStillABundle() throws {
        let bundle = CertificateBundle.encode([])
        #expect(try Self.certificates(bundle).isEmpty)
        #expect(
            Hex.encode(bundle)
                == "302506092a864886f70d010702a01830160201013100300b06092a864886f70d010701a0003100")
    }
}
