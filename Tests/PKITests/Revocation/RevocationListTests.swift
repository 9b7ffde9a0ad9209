internal import BaseTestSupport
internal import Encoding
import Testing

@testable import PKI

/// CRLs (RFC 5280 section 5), read and verified by openssl.
@Suite struct RevocationListTests {
    private static func text(_ list: [UInt8], _ more: [String] = ["-noout", "-text"]) throws -> String {
        try OpenSSL.text(["crl", "-inform", "DER"] + more, input: list)
    }

    private static func list(
        _ authority: TestAuthority, _ entries: [RevokedEntry], number: Int64 = 7,
        thisUpdate: Int64 = TestAuthority.now - 60, nextUpdate: Int64 = TestAuthority.now + 86_400
    ) throws -> [UInt8] {
        try authority.signer.signRevocationList(
            entries, number: number, thisUpdate: thisUpdate, nextUpdate: nextUpdate)
    }

    @Test func entries_KeepOrderSerialTimeAndReason() throws {
        let authority = try TestAuthority()
        let entries = RevocationReason.allCases.enumerated().map { index, reason in
            RevokedEntry(
                serial: Serial([UInt8](repeating: 0x80 + UInt8(index), count: 1 + index)) ?? .random(),
                at: 1_840_000_000 + Int64(index), reason: reason)
        }
        let list = try Self.list(authority, entries)
        let lines = try Self.text(list).split(separator: "\n").map { $0.trimmingPrefix { $0 == " " } }
        let serials = lines.filter { $0.hasPrefix("Serial Number:") }.map { Serial(hex: String($0.dropFirst(15))) }
        #expect(serials == entries.map(\.serial))
        let times = lines.filter { $0.hasPrefix("Revocation Date:") }
        #expect(times.first == "Revocation Date: Apr 22 07:06:40 2028 GMT" && times.count == entries.count)
        let reasons = lines.indices.filter { lines[$0].hasPrefix("X509v3 CRL Reason Code") }.map { lines[$0 + 1] }
        #expect(
            reasons.map { $0.split(separator: " ").joined(separator: " ") } == [
                "Key Compromise", "Affiliation Changed", "Superseded", "Cessation Of Operation", "Certificate Hold",
                "Privilege Withdrawn",
            ])
    }

    @Test(arguments: [
        (Int64(1), "1"), (127, "127"), (128, "128"), (256, "256"), (.max, "9223372036854775807"), (0, "1"), (-5, "1"),
    ])
    func number_IsInTheList(number: Int64, digits: String) throws {
        let text = try Self.text(try Self.list(try TestAuthority(), [], number: number))
        let lines = text.split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") }
        let place = try #require(lines.firstIndex { $0.hasPrefix("X509v3 CRL Number") })
        let decimal =
            lines[place + 1].hasPrefix("0x")
            ? Int64(lines[place + 1].dropFirst(2), radix: 16).map(String.init) : lines[place + 1]
        #expect(decimal == digits)
    }

    @Test func emptyList_LeavesTheEntriesOut() throws {
        let list = try Self.list(try TestAuthority(), [])
        #expect(try Self.text(list).contains("No Revoked Certificates."))
        #expect(try Self.text(list).contains("Version 2"))
        // tbsCertList has version, algorithm, issuer, two times, and the extensions right behind them. What follows is
        // the signature's algorithm.
        let second = try OpenSSL.elements(list).filter { $0.contains("d=2 ") }.map { $0.contains("SEQUENCE") }
        #expect(second == [false, true, true, false, false, false, false])
    }

    /// UTCTime and GeneralizedTime, each where it belongs.
    @Test func times_AreOfTheRightType() throws {
        let authority = try TestAuthority()
        let entries = [RevokedEntry(serial: .random(), at: 2_524_608_000, reason: .superseded)]
        let elements = try OpenSSL.elements(
            try Self.list(authority, entries, thisUpdate: 2_524_607_999, nextUpdate: 2_524_608_000))
        let times = elements.filter { $0.contains("TIME") }.map { String($0.split(separator: " ").suffix(1).joined()) }
        #expect(
            times.map { $0.drop { $0 != ":" }.dropFirst() } == ["491231235959Z", "20500101000000Z", "20500101000000Z"])
    }

    @Test(
        arguments: [
            ("EC", "ec_paramgen_curve:secp384r1"), ("ED25519", nil), ("RSA", "rsa_keygen_bits:2048"),
        ] as [(String, String?)])
    func list_IsVerified_AndOnlyUnderItsAuthority(algorithm: String, option: String?) throws {
        let key = try PrivateKey(pem: try OpenSSL.makeKey(algorithm, option), passphrase: nil)
        let authority = try TestAuthority(key: key)
        let folder = try WorkFolder()
        let own = try folder.put("own", authority.certificate.pem.utf8)
        let other = try folder.put("other", try TestAuthority().certificate.pem.utf8)
        let list = try Self.list(authority, [RevokedEntry(serial: .random(), at: 1, reason: .unspecified)])
        #expect(try Self.text(list, ["-noout", "-CAfile", own]).contains("verify OK"))
        #expect(try !Self.text(list, ["-noout", "-CAfile", other]).contains("verify OK"))
        var altered = list
        altered[list.count / 2] ^= 1
        #expect(try !Self.text(altered, ["-noout", "-CAfile", own]).contains("verify OK"))
    }

    /// What `openssl verify -crl_check` makes of a certificate that is on the list, and of one that is not.
    @Test func revokedCertificate_IsRefused_ItsNeighbourIsNot() throws {
        let authority = try TestAuthority()
        let folder = try WorkFolder()
        let root = try folder.put("ca", authority.certificate.pem.utf8)
        let leaves = try (1...2).map { try authority.issue(.client, serial: Serial([0x80, UInt8($0)]) ?? .random()) }
        let list = try Self.list(
            authority, [RevokedEntry(serial: leaves[0].serial, at: 1_840_000_000, reason: .certificateHold)])
        let file = try folder.put("crl", PEM.encode(label: "X509 CRL", list).utf8)
        for (number, isRevoked) in [(0, true), (1, false)] {
            let leaf = try folder.put("leaf\(number)", leaves[number].pem.utf8)
            let verdict = try OpenSSL.text([
                "verify", "-x509_strict", "-crl_check", "-CRLfile", file, "-CAfile", root, "-attime",
                "\(TestAuthority.now)", leaf,
            ])
            #expect(verdict.contains("certificate revoked") == isRevoked && verdict.hasSuffix(": OK\n") == !isRevoked)
        }
    }

    @Test(arguments: [
        ("keyCompromise", RevocationReason.keyCompromise), ("KEYCOMPROMISE", .keyCompromise),
        ("certificatehold", .certificateHold), ("unspecified", .unspecified),
        ("privilegeWithdrawn", .privilegeWithdrawn),
    ])
    func reason_IsReadInAnyCase(name: String, reason: RevocationReason) {
        #expect(RevocationReason(name: name) == reason && RevocationReason(name: reason.name) == reason)
    }

    /// Reasons of others: of authorities (cACompromise, aACompromise), and what only a delta list says (removeFromCRL).
    @Test(arguments: ["", "1", "cACompromise", "aACompromise", "removeFromCRL", "key compromise", "keyCompromise "])
    func otherReason_IsNone(name: String) {
        #expect(RevocationReason(name: name) == nil)
    }
}
