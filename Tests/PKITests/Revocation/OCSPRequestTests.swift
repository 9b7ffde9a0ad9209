internal import BaseTestSupport
internal import Encoding
import Testing

@testable import PKI

/// Requests as the openssl program writes them, and forms that it would not.
@Suite struct OCSPRequestTests {
    private static func ask(_ authority: TestAuthority, _ serials: [String], _ more: [String] = []) throws -> [UInt8] {
        let folder = try WorkFolder()
        let issuer = try folder.put("ca.pem", authority.certificate.pem.utf8)
        _ = try OpenSSL.text(
            ["ocsp", "-issuer", issuer, "-reqout", folder.path + "/q"] + more + serials.flatMap { ["-serial", $0] })
        return try folder.get("q")
    }

    private static let identifier = DER.sequence(
        [0x30, 0x09, 0x06, 0x05, 0x2B, 0x0E, 0x03, 0x02, 0x1A, 0x05, 0x00],
        DER.element(0x04, [UInt8](repeating: 1, count: 20)), DER.element(0x04, [UInt8](repeating: 2, count: 20)),
        [0x02, 0x01, 0x05])

    private static func request(
        _ list: [[UInt8]] = [identifier], before: [UInt8] = [], after: [UInt8] = [], signature: [UInt8] = []
    ) -> [UInt8] {
        DER.sequence(
            DER.sequence(before, DER.element(0x30, list.flatMap { DER.element(0x30, $0) }), after), signature)
    }

    private static func nonce(_ value: [UInt8]) -> [UInt8] {
        DER.element(0xA2, DER.element(0x30, Extension.make(OCSPNonce.identifier, critical: false, value)))
    }

    @Test(arguments: [["-sha1"], ["-sha256"], ["-sha384"], ["-sha512"]]) func requestOfAnyHash_NamesTheIssuer(
        hash: [String]
    ) throws {
        let authority = try TestAuthority()
        let der = try Self.ask(authority, ["0x0123", "0xff"], hash + ["-nonce"])
        let request = try OCSPRequest(der: der)
        #expect(request.certificates.map(\.serial) == [Serial(hex: "123"), Serial(hex: "ff")])
        #expect(request.nonce?.starts(with: [0x04]) == true && (request.nonce?.count ?? 0) > 2)
        let responder = try authority.issue(.ocsp, key: authority.key.publicKey)
        let signer = try OCSPSigner(certificate: responder, key: authority.key, authority: authority.certificate)
        #expect(request.certificates.allSatisfy(signer.answers))
        let stranger = try TestAuthority("Stranger")
        let other = try OCSPRequest(der: try Self.ask(stranger, ["0x0123"], hash))
        #expect(!other.certificates.contains(where: signer.answers))
    }

    @Test func requestWithoutNonce_HasNone() throws {
        let request = try OCSPRequest(der: try Self.ask(try TestAuthority(), ["1"], ["-no_nonce"]))
        #expect(request.nonce == nil && request.certificates.count == 1)
    }

    @Test func requestSignedBySomebody_IsRead() throws {
        let authority = try TestAuthority()
        let folder = try WorkFolder()
        let client = try PrivateKey.makeP256()
        let certificate = try authority.issue(.client, key: client.publicKey)
        let more = [
            "-signer", try folder.put("s.pem", certificate.pem.utf8), "-signkey",
            try folder.put("s.key", try client.pem().utf8),
        ]
        let der = try Self.ask(authority, ["7"], more)
        #expect(try OCSPRequest(der: der).certificates.map(\.serial) == [Serial(hex: "7")])
        #expect(der.count > certificate.der.count, "it is signed")
    }

    @Test func partsThatMayBeThere_AreReadOver() throws {
        let plain = try OCSPRequest(der: Self.request())
        #expect(plain.certificates.count == 1 && plain.certificates[0].der == Self.identifier && plain.nonce == nil)
        let version: [UInt8] = [0xA0, 0x03, 0x02, 0x01, 0x00]
        let name: [UInt8] = [0xA1, 0x02, 0x05, 0x00]
        #expect(try OCSPRequest(der: Self.request(before: version + name)) == plain)
        #expect(try OCSPRequest(der: Self.request([Self.identifier + [0xA0, 0x02, 0x30, 0x00]])) == plain)
        #expect(try OCSPRequest(der: Self.request(signature: [0xA0, 0x00])) == plain)
        let other = Extension.make([0x2B, 0x01], critical: true, [0x05, 0x00])
        #expect(try OCSPRequest(der: Self.request(after: DER.element(0xA2, DER.element(0x30, other)))) == plain)
    }

    /// A serial that no authority of ours gives out is asked about like any other, and unknown.
    @Test(
        arguments: [("0201ff", nil), ("020100", nil), ("02020080", "80"), ("0203000001", "01")] as [(String, String?)])
    func serial_IsAPositiveNumberOrNone(der: String, serial: String?) throws {
        let identifier = DER.element(0x30, Array(Self.identifier.dropFirst(2).dropLast(3)) + (Hex.decode(der) ?? []))
        let request = try OCSPRequest(der: Self.request([identifier]))
        #expect(request.certificates.map(\.serial?.description) == [serial])
    }

    @Test func number_IsLimited() throws {
        let most = [[UInt8]](repeating: Self.identifier, count: OCSPRequest.certificateLimit)
        #expect(try OCSPRequest(der: Self.request(most)).certificates.count == 64)
        for list in [[], most + [Self.identifier]] {
            #expect(throws: PKIError(.readRequest)) { try OCSPRequest(der: Self.request(list)) }
        }
        let long = DER.element(0x30, [UInt8](repeating: 0, count: OCSPRequest.limit))
        #expect(throws: PKIError(.readRequest)) { try OCSPRequest(der: long) }
    }

    @Test(arguments: [(1, true), (16, true), (127, true), (128, true), (0, false), (129, false)])
    func nonce_HasOneTo128Octets(count: Int, isRead: Bool) throws {
        let value = DER.element(0x04, [UInt8](repeating: 7, count: count))
        let der = Self.request(after: Self.nonce(value))
        guard isRead else {
            #expect(throws: PKIError(.readRequest)) { try OCSPRequest(der: der) }
            return
        }
        #expect(try OCSPRequest(der: der).nonce == value)
    }

    @Test(arguments: [[0x05, 0x00], [0x04, 0x01, 0x07, 0x00], [0x07], []] as [[UInt8]])
    func nonceOfAnotherForm_IsRefused(value: [UInt8]) {
        #expect(throws: PKIError(.readRequest)) { try OCSPRequest(der: Self.request(after: Self.nonce(value))) }
    }

    @Test func brokenRequest_IsRefused_WhateverBitIsWrong() throws {
        let der = Self.request(after: Self.nonce([0x04, 0x01, 0x07]))
        let whole = try OCSPRequest(der: der)
        for broken in Damage.beginnings(of: der) + [der + [0], Self.request(after: [0x05, 0x00])] {
            #expect(throws: PKIError(.readRequest)) { try OCSPRequest(der: broken) }
        }
        var same = 0
        for broken in Damage.bitFlips(of: der) where (try? OCSPRequest(der: broken)) == whole { same += 1 }
        #expect(same == 0, "every bit means something")
    }
}
