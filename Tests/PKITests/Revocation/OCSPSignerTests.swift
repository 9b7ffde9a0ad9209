internal import BaseTestSupport
internal import Encoding
import Testing

@testable import PKI

/// Answers as the openssl program believes them, or not.
@Suite struct OCSPSignerTests {
    private struct Responder {
        let authority: TestAuthority
        let signer: OCSPSigner
        let folder: WorkFolder

        init(_ key: PrivateKey? = nil) throws {
            authority = try TestAuthority()
            let key = if let key { key } else { try PrivateKey.makeP256() }
            let certificate = try authority.issue(.ocsp, "responder", key: key.publicKey)
            signer = try OCSPSigner(certificate: certificate, key: key, authority: authority.certificate)
            folder = try WorkFolder()
            try folder.put("ca.pem", authority.certificate.pem.utf8)
        }

        /// Asks about serials, and has the answer judged.
        func verdict(
            _ statuses: [OCSPStatus], nonce: Bool = false, thisUpdate: Int64 = TestAuthority.now - 60,
            nextUpdate: Int64 = TestAuthority.now + 3600, tamper: (inout [UInt8]) -> Void = { _ in }
        ) throws -> String {
            let serials = statuses.indices.flatMap { ["-serial", "\($0 + 1)"] }
            let (question, answer) = (folder.path + "/q", folder.path + "/a")
            let ask = ["ocsp", "-issuer", folder.path + "/ca.pem"] + serials + [nonce ? "-nonce" : "-no_nonce"]
            _ = try OpenSSL.text(ask + ["-reqout", question])
            let request = try OCSPRequest(der: try folder.get("q"))
            var bytes = try signer.answer(
                zip(request.certificates, statuses).map { ($0, $1) }, nonce: request.nonce, now: TestAuthority.now,
                thisUpdate: thisUpdate, nextUpdate: nextUpdate)
            tamper(&bytes)
            try folder.put("a", bytes)
            return try OpenSSL.text(
                [
                    "ocsp", "-reqin", question, "-respin", answer, "-CAfile", folder.path + "/ca.pem", "-attime",
                    "\(TestAuthority.now)", "-resp_text",
                ] + (nonce ? [] : ["-no_nonce"]))
        }
    }

    private static func key(_ algorithm: String, _ option: String?) throws -> PrivateKey {
        try PrivateKey(pem: try OpenSSL.makeKey(algorithm, option), passphrase: nil)
    }

    @Test(
        arguments: [
            ("EC", "ec_paramgen_curve:prime256v1"), ("EC", "ec_paramgen_curve:secp384r1"), ("ED25519", nil),
            ("RSA", "rsa_keygen_bits:2048"),
        ] as [(String, String?)])
    func statuses_AreBelieved_InTheirOrder(algorithm: String, option: String?) throws {
        let responder = try Responder(try Self.key(algorithm, option))
        let text = try responder.verdict(
            [.good, .revoked(at: 1_840_000_000, reason: .keyCompromise), .unknown], nonce: true)
        #expect(text.contains("Response verify OK") && !text.contains("nonce"), "\(text)")
        let words = text.split(separator: "\n").filter { $0.contains("Cert Status:") }.map {
            $0.split(separator: " ").last
        }
        #expect(words == ["good", "revoked", "unknown"])
        #expect(text.contains("Revocation Time: Apr 22 07:06:40 2028 GMT"))
        #expect(text.contains("Revocation Reason: keyCompromise (0x1)"))
    }

    @Test(arguments: RevocationReason.allCases) func reason_IsNamed_UnlessThereIsNone(reason: RevocationReason) throws {
        let text = try Responder().verdict([.revoked(at: 1_840_000_000, reason: reason)])
        // By its code: OpenSSL 3.0 has no word for the ninth.
        let isNamed = text.contains("Revocation Reason: ") && text.contains("(0x\(reason.rawValue))")
        #expect(isNamed == (reason != .unspecified) && text.contains("Revocation Time"), "\(text)")
    }

    @Test func nonce_IsEchoed_AndMissedWhereItIsNot() throws {
        let responder = try Responder()
        #expect(try responder.verdict([.good], nonce: true).contains("OCSP Nonce"))
        #expect(try !responder.verdict([.good]).contains("OCSP Nonce"))
    }

    @Test func times_AreThoseThatWereGiven() throws {
        let text = try Responder().verdict([.good], thisUpdate: 1_849_990_000, nextUpdate: 1_850_050_000)
        #expect(text.contains("Produced At: Aug 16 00:53:20 2028 GMT"), "\(text)")
        #expect(text.contains("This Update: Aug 15 22:06:40 2028 GMT"))
        #expect(text.contains("Next Update: Aug 16 14:46:40 2028 GMT"))
    }

    @Test func tamperedAnswer_IsNotBelieved() throws {
        let responder = try Responder()
        let text = try responder.verdict([.revoked(at: 1_840_000_000, reason: .superseded)]) { bytes in
            let time = Array("20280422070640Z".utf8)
            for place in bytes.indices where bytes[place...].starts(with: time) { bytes[place + 3] = UInt8(ascii: "9") }
        }
        #expect(text.contains("Response Verify Failure") && !text.contains("Response verify OK"), "\(text)")
    }

    @Test func responder_IsNamedByItsKey() throws {
        let responder = try Responder()
        let digits = Hex.encode(Extension.keyIdentifier(responder.signer.certificate.publicKey)).uppercased()
        #expect(try responder.verdict([.good]).contains("Responder Id: \(digits)"))
    }

    @Test(arguments: [
        (OCSPSigner.malformed, "malformedrequest (1)"), (OCSPSigner.internalError, "internalerror (2)"),
        (OCSPSigner.unauthorized, "unauthorized (6)"),
    ])
    func error_IsAWholeAnswer(answer: [UInt8], words: String) throws {
        let folder = try WorkFolder()
        let file = try folder.put("a", answer)
        #expect(try OpenSSL.text(["ocsp", "-respin", file, "-noverify"]).contains(words))
        #expect(OCSPSigner.isError(answer))
        let responder = try Responder()
        let good = try responder.signer.answer([], nonce: nil, now: 1, thisUpdate: 1, nextUpdate: 2)
        #expect(!OCSPSigner.isError(good))
    }

    @Test func keyOfAnother_SignsNoAnswers() throws {
        let responder = try Responder()
        #expect(throws: PKIError(.sign)) {
            try OCSPSigner(
                certificate: responder.signer.certificate, key: try PrivateKey.makeP256(),
                authority: responder.authority.certificate)
        }
    }
}
