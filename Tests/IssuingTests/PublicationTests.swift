internal import BaseTestSupport
internal import Encoding
import Foundation
import Issuing
internal import IssuingTestSupport
internal import Journal
internal import JournalTestSupport
internal import RecordTestSupport
import Testing
@testable import PKI

/// CRL and OCSP answers as docs/protocols/enrolment.md section 2 states them, read by the openssl program.
@Suite struct PublicationTests {
    private static func crlText(_ der: [UInt8]) throws -> String {
        try openssl(["crl", "-inform", "DER", "-noout", "-text"], input: der)
    }

    private static func openssl(_ arguments: [String], input: [UInt8] = []) throws -> String {
        let output = try ExternalProgram.run("/usr/bin/openssl", arguments, input: input, keepsErrors: true)
        return String(decoding: output, as: UTF8.self)
    }

    private static func issued(_ rig: IssuingRig, _ name: String) async throws -> Certificate {
        try await rig.issuer.issue(
            commonName: name, ou: "client", publicKey: try PrivateKey.makeP256().publicKey, by: .hub)
    }

    @Test(.timeLimit(.minutes(1))) func list_GrowsInNumber_NamesReasons_AndForgetsWhatEnded() async throws {
        let rig = try await IssuingRig()
        let certificates = [try await Self.issued(rig, "a"), try await Self.issued(rig, "b")]
        let empty = try #require(try await rig.lists.list(1))
        #expect(try Self.crlText(empty.der).contains("No Revoked Certificates"))
        #expect(empty.nextUpdate - empty.signedAt == 7 * 86_400)
        try await rig.issuer.revoke(
            serial: certificates[0].serial.description, reason: .keyCompromise, by: .hub)
        try await rig.issuer.revoke(serial: certificates[1].serial.description, reason: .unspecified, by: .hub)
        // While many are revoked one after the other, the list of just now is served on for a moment.
        var list = empty
        while list.number == empty.number {
            try await Task.sleep(for: .milliseconds(20))
            list = try #require(try await rig.lists.list(1))
        }
        #expect(list.number > empty.number)
        let text = try Self.crlText(list.der)
        for certificate in certificates {
            #expect(text.contains(certificate.serial.description.uppercased()))
        }
        #expect(text.components(separatedBy: "X509v3 CRL Reason Code").count == 2)
        #expect(text.contains("X509v3 Authority Key Identifier"))
        #expect(try #require(try await rig.lists.list(1)).number == list.number)
        rig.clock.advance(by: 366 * 86_400)
        let once = try #require(try await rig.lists.list(1))
        #expect(try Self.crlText(once.der).contains(certificates[0].serial.description.uppercased()))
        rig.clock.advance(by: 86_401)
        let later = try #require(try await rig.lists.list(1))
        #expect(try Self.crlText(later.der).contains("No Revoked Certificates"))
    }

    /// The program's clock is half a minute slow.
    @Test func listAndAnswerMadeNow_AreGoodForAClockThatIsALittleSlow() async throws {
        let rig = try await IssuingRig()
        let (good, bad) = (try await Self.issued(rig, "a"), try await Self.issued(rig, "b"))
        rig.clock.advance(by: 600)
        try await rig.issuer.revoke(serial: bad.serial.description, reason: .keyCompromise, by: .hub)
        let list = try #require(try await rig.lists.list(1))
        let folder = try TemporaryFolder()
        let (authority, crl, certificate) = (folder.path + "/ca", folder.path + "/crl", folder.path + "/crt")
        try rig.issuer.authority.certificate.pem.write(toFile: authority, atomically: true, encoding: .utf8)
        try good.pem.write(toFile: certificate, atomically: true, encoding: .utf8)
        _ = try Self.openssl(["crl", "-inform", "DER", "-out", crl], input: list.der)
        let slow = "\(rig.clock.now - 30)"
        let verdict = try Self.openssl([
            "verify", "-attime", slow, "-crl_check", "-CRLfile", crl, "-CAfile", authority, certificate,
        ])
        #expect(verdict.hasSuffix(": OK\n"), "\(verdict)")
        #expect(list.signedAt == rig.clock.now, "tags, numbers and Last-Modified are those of the moment it was made")
    }

    @Test func revocationNotedByAClockThatWasAhead_IsNotOfTheFuture() async throws {
        let rig = try await IssuingRig(clock: ManualClock(at: 1_900_000_000))
        let certificate = try await Self.issued(rig, "a")
        rig.clock.jump(by: 86_400)
        try await rig.issuer.revoke(serial: certificate.serial.description, reason: .keyCompromise, by: .hub)
        rig.clock.jump(by: -86_400)
        let text = try Self.crlText(try #require(try await rig.lists.list(1)).der)
        // 1,899,999,940 s: a minute before the right time.
        #expect(text.contains("Last Update: Mar 17 17:45:40 2030 GMT"))
        #expect(text.contains("Revocation Date: Mar 17 17:45:40 2030 GMT"))
    }

    @Test func list_NumberGoesOnOverARestart() async throws {
        let folder = try TemporaryFolder()
        var numbers: [Int64] = []
        for _ in 0..<3 {
            let rig = try await IssuingRig(folder: folder)
            numbers.append(try #require(try await rig.lists.list(1)).number)
        }
        #expect(numbers == numbers.sorted() && Set(numbers).count == 3)
    }

    @Test func hundredThousandEntries_AreOneListThatCanBeRead() throws {
        let key = try PrivateKey.makeP256()
        let authority = try CertificateSigner.makeAuthority(
            commonName: "CA", organization: "Site", key: key, serial: .random(), notBefore: 0, notAfter: 4_000_000_000)
        let signer = try CertificateSigner(issuer: authority, key: key, organization: "Site")
        let entries = (0..<100_000).map { RevokedEntry(serial: .random(), at: Int64($0), reason: .keyCompromise) }
        let list = try signer.signRevocationList(entries, number: 1, thisUpdate: 1, nextUpdate: 2)
        let text = try Self.openssl(["crl", "-inform", "DER", "-noout", "-text"], input: list)
        #expect(text.components(separatedBy: "Serial Number").count == 100_001)
    }

    /// Asks with the openssl program's own request.
    private static func ask(
        _ rig: IssuingRig, _ responder: OCSPResponder, _ certificates: [String], _ more: [String] = []
    ) async throws -> String {
        let folder = try TemporaryFolder()
        let authority = folder.path + "/ca.pem"
        try rig.issuer.authority.certificate.pem.write(toFile: authority, atomically: true, encoding: .utf8)
        var arguments = ["ocsp", "-issuer", authority] + more
        for serial in certificates { arguments += ["-serial", "0x" + serial] }
        let (request, answer) = (folder.path + "/q", folder.path + "/a")
        _ = try openssl(arguments + ["-reqout", request])
        let asked = [UInt8](try Data(contentsOf: URL(fileURLWithPath: request)))
        try await Data(responder.answer(asked)).write(to: URL(fileURLWithPath: answer))
        // The request in the file has its nonce already; without this the program would add another.
        let text = try openssl([
            "ocsp", "-CAfile", authority, "-reqin", request, "-respin", answer, "-resp_text", "-no_nonce",
        ])
        return summary(text)
    }

    /// Verdicts of the program, and a line `SERIAL: STATUS [REASON]` for each certificate.
    private static func summary(_ text: String) -> String {
        var lines: [String] = []
        for line in text.split(separator: "\n").map({ $0.trimmingCharacters(in: .whitespaces) }) {
            if line.hasPrefix("Serial Number: "), !lines.contains("Certificate:") {
                lines.append("0x" + line.dropFirst(15).lowercased())
            } else if line.hasPrefix("Cert Status: ") {
                lines[lines.count - 1] += ": " + line.dropFirst(13)
            } else if line.hasPrefix("Revocation Reason: ") {
                lines[lines.count - 1] += " " + line.dropFirst(19)
            } else if line.contains("verify") || line.contains("onc") || line == "Certificate:" {
                lines.append(line)
            }
        }
        return lines.joined(separator: "\n")
    }

    @Test(arguments: [
        ["-no_nonce"], ["-nonce"], ["-sha256", "-nonce"], ["-sha384", "-nonce"], ["-sha512", "-no_nonce"],
    ])
    func certificates_AreGoodRevokedOrUnknown(options: [String]) async throws {
        let rig = try await IssuingRig()
        try await rig.openResponder()
        let good = try await Self.issued(rig, "good").serial.description
        let bad = try await Self.issued(rig, "bad").serial.description
        try await rig.issuer.revoke(serial: bad, reason: .cessationOfOperation, by: .hub)
        let (flags, hash) = (options.filter { $0.contains("nonce") }, options.filter { $0.hasPrefix("-sha") })
        let text = try await Self.ask(rig, rig.responder, [good, bad, "0abc"], hash + flags)
        #expect(text.contains("Response verify OK"))
        #expect(text.contains("0x\(good): good"))
        #expect(text.contains("0x\(bad): revoked cessationOfOperation"))
        #expect(text.contains("0x0abc: unknown"))
        #expect(!text.contains("once Verify error") && !text.contains("no nonce in response"))
    }

    /// Decided so: the responder vouches for nothing it has no record of, and for everything it has.
    @Test func certificateNewerThanTheBackup_IsUnknown_UntilTheHubHasSeenIt() async throws {
        let before = try await IssuingRig()
        let certificate = try await Self.issued(before, "alice")
        let serial = certificate.serial.description
        let lost = try await Self.issued(before, "bob").serial.description
        let rig = try await before.restored()
        try await rig.openResponder()
        func status(_ serial: String) async throws -> String {
            try await Self.ask(rig, rig.responder, [serial], ["-no_nonce"])
        }
        #expect(try await status(serial).contains("0x\(serial): unknown"))
        try await rig.issuer.learn(certificate, by: .hub)
        #expect(try await status(serial).contains("0x\(serial): good"))
        #expect(try await status(lost).contains("0x\(lost): unknown"))
        try await rig.issuer.revoke(serial: lost, reason: .keyCompromise, by: .hub)
        #expect(try await status(lost).contains("0x\(lost): revoked keyCompromise"))
        let list = try #require(try await rig.lists.list(1))
        #expect(try Self.crlText(list.der).contains(lost.uppercased()))
    }

    @Test func answerThatIsKept_ChangesWithARevocation() async throws {
        let rig = try await IssuingRig()
        try await rig.openResponder()
        let serial = try await Self.issued(rig, "d").serial.description
        for expected in ["good", "good"] {
            #expect(
                try await Self.ask(rig, rig.responder, [serial], ["-no_nonce"]).contains("0x\(serial): \(expected)"))
        }
        try await rig.issuer.revoke(serial: serial, reason: .keyCompromise, by: .hub)
        #expect(try await Self.ask(rig, rig.responder, [serial], ["-no_nonce"]).contains("0x\(serial): revoked"))
    }

    @Test func answers_BeginAMinuteAgo_AndThoseOfAClockThatWasAheadAreMadeAnew() async throws {
        let rig = try await IssuingRig(clock: ManualClock(at: 1_900_000_000))
        let serial = try await Self.issued(rig, "d").serial.description
        let folder = try TemporaryFolder()
        let (authority, file) = (folder.path + "/ca.pem", folder.path + "/q")
        try rig.issuer.authority.certificate.pem.write(toFile: authority, atomically: true, encoding: .utf8)
        _ = try Self.openssl(["ocsp", "-issuer", authority, "-serial", "0x" + serial, "-no_nonce", "-reqout", file])
        let question = [UInt8](try Data(contentsOf: URL(fileURLWithPath: file)))
        func holds(_ time: String) async -> Bool {
            String(decoding: await rig.responder.answer(question), as: UTF8.self).contains(time)
        }
        rig.clock.jump(by: 86_400)
        try await rig.openResponder()
        await #expect(holds("20300318174540Z"), "one minute before it was signed")
        await #expect(holds("20300318174540Z"), "the same again")
        rig.clock.jump(by: -86_400)
        await #expect(rig.responder.answer(question) == OCSPSigner.internalError, "nobody would believe an answer now")
        try await rig.openResponder()
        await #expect(holds("20300317174540Z"))
        await #expect(!holds("20300318174540Z"))
    }
}
