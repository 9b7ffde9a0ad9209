internal import Encoding
import Foundation
import HTTPTypes
import HubDaemon
import HubHTTP
import HubTestSupport
import Issuing
internal import Journal
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

    private static func issued(_ hub: TestHub, _ name: String) async throws -> Certificate {
        try await hub.hub.issuer.issue(
            commonName: name, ou: "client", publicKey: try PrivateKey.makeP256().publicKey, by: .hub)
    }

    @Test(.timeLimit(.minutes(1))) func list_GrowsInNumber_NamesReasons_AndForgetsWhatEnded() async throws {
        let hub = try await TestHub()
        let certificates = [try await Self.issued(hub, "a"), try await Self.issued(hub, "b")]
        let empty = try #require(try await hub.hub.lists.list(1))
        #expect(try Self.crlText(empty.der).contains("No Revoked Certificates"))
        #expect(empty.nextUpdate - empty.signedAt == 7 * 86_400)
        try await hub.hub.issuer.revoke(
            serial: certificates[0].serial.description, reason: .keyCompromise, by: .hub)
        try await hub.hub.issuer.revoke(serial: certificates[1].serial.description, reason: .unspecified, by: .hub)
        // While many are revoked one after the other, the list of just now is served on for a moment.
        var list = empty
        while list.number == empty.number {
            try await Task.sleep(for: .milliseconds(20))
            list = try #require(try await hub.hub.lists.list(1))
        }
        #expect(list.number > empty.number)
        let text = try Self.crlText(list.der)
        for certificate in certificates {
            #expect(text.contains(certificate.serial.description.uppercased()))
        }
        #expect(text.components(separatedBy: "X509v3 CRL Reason Code").count == 2)
        #expect(text.contains("X509v3 Authority Key Identifier"))
        #expect(try #require(try await hub.hub.lists.list(1)).number == list.number)
        hub.clock.advance(by: 366 * 86_400)
        let once = try #require(try await hub.hub.lists.list(1))
        #expect(try Self.crlText(once.der).contains(certificates[0].serial.description.uppercased()))
        hub.clock.advance(by: 86_401)
        let later = try #require(try await hub.hub.lists.list(1))
        #expect(try Self.crlText(later.der).contains("No Revoked Certificates"))
    }

    /// The program's clock is half a minute slow.
    @Test func listAndAnswerMadeNow_AreGoodForAClockThatIsALittleSlow() async throws {
        let hub = try await TestHub()
        let (good, bad) = (try await Self.issued(hub, "a"), try await Self.issued(hub, "b"))
        hub.clock.advance(by: 600)
        try await hub.hub.issuer.revoke(serial: bad.serial.description, reason: .keyCompromise, by: .hub)
        let list = try #require(try await hub.hub.lists.list(1))
        let folder = try TemporaryFolder()
        let (authority, crl, certificate) = (folder.path + "/ca", folder.path + "/crl", folder.path + "/crt")
        try hub.hub.issuer.authority.certificate.pem.write(toFile: authority, atomically: true, encoding: .utf8)
        try good.pem.write(toFile: certificate, atomically: true, encoding: .utf8)
        _ = try Self.openssl(["crl", "-inform", "DER", "-out", crl], input: list.der)
        let slow = "\(hub.clock.now - 30)"
        let verdict = try Self.openssl([
            "verify", "-attime", slow, "-crl_check", "-CRLfile", crl, "-CAfile", authority, certificate,
        ])
        #expect(verdict.hasSuffix(": OK\n"), "\(verdict)")
        #expect(list.signedAt == hub.clock.now, "tags, numbers and Last-Modified are those of the moment it was made")
    }

    @Test func revocationNotedByAClockThatWasAhead_IsNotOfTheFuture() async throws {
        let hub = try await TestHub(clock: ManualClock(at: 1_900_000_000))
        let certificate = try await Self.issued(hub, "a")
        hub.clock.jump(by: 86_400)
        try await hub.hub.issuer.revoke(serial: certificate.serial.description, reason: .keyCompromise, by: .hub)
        hub.clock.jump(by: -86_400)
        let text = try Self.crlText(try #require(try await hub.hub.lists.list(1)).der)
        // 1,899,999,940 s: a minute before the right time.
        #expect(text.contains("Last Update: Mar 17 17:45:40 2030 GMT"))
        #expect(text.contains("Revocation Date: Mar 17 17:45:40 2030 GMT"))
    }

    @Test func list_NumberGoesOnOverARestart() async throws {
        let folder = try TemporaryFolder()
        var numbers: [Int64] = []
        for _ in 0..<3 {
            let hub = try await TestHub(folder: folder)
            numbers.append(try #require(try await hub.hub.lists.list(1)).number)
        }
        #expect(numbers == numbers.sorted() && Set(numbers).count == 3)
    }

    @Test func listIsServed_WithTagAndAge() async throws {
        let hub = try await TestHub()
        let answer = try await hub.publication.send(.get, "/pki/ca.crl")
        #expect(answer.headers[.contentType] == "application/pkix-crl")
        #expect(answer.headers[.cacheControl] == "max-age=60")
        #expect(answer.headers[.lastModified]?.hasSuffix("GMT") == true)
        let tag = try #require(answer.headers[.eTag])
        let again = try await hub.publication.send(.get, "/pki/ca.crl", headers: [.ifNoneMatch: tag])
        #expect(again.status == .notModified)
        for known in ["W/\(tag)", "\"x\", \(tag)", "\"a,b\",W/\"c\" , W/\(tag)", "*"] {
            let answer = try await hub.publication.send(.get, "/pki/ca.crl", headers: [.ifNoneMatch: known])
            #expect(answer.status == .notModified && answer.body.isEmpty, "\(known)")
        }
        for other in ["\"crl-1\"", "W/\"x\"", "crl", "\"", ",", "\"\(tag)", "x, *"] {
            let answer = try await hub.publication.send(.get, "/pki/ca.crl", headers: [.ifNoneMatch: other])
            #expect(answer.status == .ok, "\(other)")
        }
        let modified = try #require(answer.headers[.lastModified])
        let since = try await hub.publication.send(.get, "/pki/ca.crl", headers: [.ifModifiedSince: modified])
        #expect(since.status == .notModified)
        let both: HTTPFields = [.ifModifiedSince: modified, .ifNoneMatch: "\"x\""]
        #expect(try await hub.publication.send(.get, "/pki/ca.crl", headers: both).status == .ok)
        let authority = try await hub.publication.send(.get, "/pki/ca.cer")
        #expect(authority.headers[.contentType] == "application/pkix-cert")
        #expect(authority.body == hub.hub.issuer.authority.certificate.der)
        for path in ["/pki/ca-2.crl", "/pki/x", "/pki/hub.db", "/pki/..%2fhub.db"] {
            #expect(try await hub.publication.send(.get, path).status == .notFound)
        }
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
        _ hub: TestHub, _ responder: OCSPResponder, _ certificates: [String], _ more: [String] = []
    ) throws -> String {
        let folder = try TemporaryFolder()
        let authority = folder.path + "/ca.pem"
        try hub.hub.issuer.authority.certificate.pem.write(toFile: authority, atomically: true, encoding: .utf8)
        var arguments = ["ocsp", "-issuer", authority] + more
        for serial in certificates { arguments += ["-serial", "0x" + serial] }
        let (request, answer) = (folder.path + "/q", folder.path + "/a")
        _ = try openssl(arguments + ["-reqout", request])
        let asked = [UInt8](try Data(contentsOf: URL(fileURLWithPath: request)))
        try Data(responder.answer(asked)).write(to: URL(fileURLWithPath: answer))
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

    private static func ready(_ change: (inout HubConfiguration) -> Void = { _ in }) async throws -> TestHub {
        let hub = try await TestHub(change: change)
        try await ResponderCertificate(folder: hub.folder.path + "/state/ca", issuer: hub.hub.issuer).refresh(
            hub.hub.responder)
        return hub
    }

    @Test(arguments: [
        ["-no_nonce"], ["-nonce"], ["-sha256", "-nonce"], ["-sha384", "-nonce"], ["-sha512", "-no_nonce"],
    ])
    func certificates_AreGoodRevokedOrUnknown(options: [String]) async throws {
        let hub = try await Self.ready()
        let good = try await Self.issued(hub, "good").serial.description
        let bad = try await Self.issued(hub, "bad").serial.description
        try await hub.hub.issuer.revoke(serial: bad, reason: .cessationOfOperation, by: .hub)
        let (flags, hash) = (options.filter { $0.contains("nonce") }, options.filter { $0.hasPrefix("-sha") })
        let text = try Self.ask(hub, hub.hub.responder, [good, bad, "0abc"], hash + flags)
        #expect(text.contains("Response verify OK"))
        #expect(text.contains("0x\(good): good"))
        #expect(text.contains("0x\(bad): revoked cessationOfOperation"))
        #expect(text.contains("0x0abc: unknown"))
        #expect(!text.contains("once Verify error") && !text.contains("no nonce in response"))
    }

    /// Decided so: the responder vouches for nothing it has no record of, and for everything it has.
    @Test func certificateNewerThanTheBackup_IsUnknown_UntilTheHubHasSeenIt() async throws {
        let before = try await TestHub()
        let certificate = try await Self.issued(before, "alice")
        let serial = certificate.serial.description
        let lost = try await Self.issued(before, "bob").serial.description
        let hub = try await LearningTests.restored(before)
        let own = ResponderCertificate(folder: hub.folder.path + "/state/ca", issuer: hub.hub.issuer)
        try await own.refresh(hub.hub.responder)
        func status(_ serial: String) throws -> String {
            try Self.ask(hub, hub.hub.responder, [serial], ["-no_nonce"])
        }
        #expect(try status(serial).contains("0x\(serial): unknown"))
        try await hub.hub.issuer.learn(certificate, by: .hub)
        #expect(try status(serial).contains("0x\(serial): good"))
        #expect(try status(lost).contains("0x\(lost): unknown"))
        try await hub.hub.issuer.revoke(serial: lost, reason: .keyCompromise, by: .hub)
        #expect(try status(lost).contains("0x\(lost): revoked keyCompromise"))
        let list = try #require(try await hub.hub.lists.list(1))
        #expect(try Self.crlText(list.der).contains(lost.uppercased()))
    }

    @Test func whatIsNoAnswer_IsKeptByNoCache() async throws {
        let hub = try await Self.ready()
        for path in ["/pki/ocsp/MAA%3D", "/pki/ocsp/x"] {
            let answer = try await hub.publication.send(.get, path)
            #expect(answer.body == OCSPSigner.malformed)
            #expect(answer.headers[.cacheControl] == "no-store")
        }
        // Without a signer the hub can't answer for now.
        let silent = try await TestHub()
        let identifier = DER.element(
            0x30,
            DER.sequence([0x30, 0x07, 0x06, 0x05, 0x2B, 0x0E, 0x03, 0x02, 0x1A])
                .dropFirst(2) + DER.element(0x04, [UInt8](repeating: 1, count: 20))
                + DER.element(0x04, [UInt8](repeating: 2, count: 20)) + [0x02, 0x01, 0x05])
        let request = DER.element(0x30, DER.element(0x30, DER.element(0x30, DER.element(0x30, identifier))))
        let path = "/pki/ocsp/" + PercentEncoding.encode(Base64.encode(request))
        let passing = try await silent.publication.send(.get, path)
        #expect(passing.body == OCSPSigner.internalError)
        #expect(passing.headers[.cacheControl] == "no-store")
        let answer = try await hub.publication.send(.get, path)
        #expect(answer.body.count > 100 && answer.headers[.cacheControl]?.hasPrefix("max-age=300") == true)
    }

    @Test func answerThatIsKept_ChangesWithARevocation() async throws {
        let hub = try await Self.ready()
        let serial = try await Self.issued(hub, "d").serial.description
        for expected in ["good", "good"] {
            #expect(try Self.ask(hub, hub.hub.responder, [serial], ["-no_nonce"]).contains("0x\(serial): \(expected)"))
        }
        try await hub.hub.issuer.revoke(serial: serial, reason: .keyCompromise, by: .hub)
        #expect(try Self.ask(hub, hub.hub.responder, [serial], ["-no_nonce"]).contains("0x\(serial): revoked"))
    }

    @Test func answers_BeginAMinuteAgo_AndThoseOfAClockThatWasAheadAreMadeAnew() async throws {
        let hub = try await TestHub(clock: ManualClock(at: 1_900_000_000))
        let responder = ResponderCertificate(folder: hub.folder.path + "/state/ca", issuer: hub.hub.issuer)
        let serial = try await Self.issued(hub, "d").serial.description
        let folder = try TemporaryFolder()
        let (authority, file) = (folder.path + "/ca.pem", folder.path + "/q")
        try hub.hub.issuer.authority.certificate.pem.write(toFile: authority, atomically: true, encoding: .utf8)
        _ = try Self.openssl(["ocsp", "-issuer", authority, "-serial", "0x" + serial, "-no_nonce", "-reqout", file])
        let question = [UInt8](try Data(contentsOf: URL(fileURLWithPath: file)))
        func holds(_ time: String) -> Bool {
            String(decoding: hub.hub.responder.answer(question), as: UTF8.self).contains(time)
        }
        hub.clock.jump(by: 86_400)
        try await responder.refresh(hub.hub.responder)
        #expect(holds("20300318174540Z") && holds("20300318174540Z"), "one minute before it was signed")
        hub.clock.jump(by: -86_400)
        #expect(hub.hub.responder.answer(question) == OCSPSigner.internalError, "nobody would believe an answer now")
        try await responder.refresh(hub.hub.responder)
        #expect(holds("20300317174540Z") && !holds("20300318174540Z"))
    }

    @Test func requestsNobodyCanRead_AreMalformed() async throws {
        let hub = try await Self.ready()
        let malformed: [UInt8] = [0x30, 0x03, 0x0A, 0x01, 0x01]
        let identifier = DER.element(
            0x30,
            DER.element(
                0x30,
                DER.sequence([0x06, 0x05, 0x2B, 0x0E, 0x03, 0x02, 0x1A])
                    + DER.element(0x04, [UInt8](repeating: 1, count: 20))
                    + DER.element(0x04, [UInt8](repeating: 2, count: 20)) + [0x02, 0x01, 0x05]))
        func request(_ count: Int) -> [UInt8] {
            DER.element(0x30, DER.element(0x30, DER.element(0x30, Array((0..<count).flatMap { _ in identifier }))))
        }
        var inputs: [[UInt8]] = [
            [], [0x30], [0x30, 0x84, 0xFF, 0xFF, 0xFF, 0xFF], request(0), request(65), request(10_000),
        ]
        inputs.append(request(1) + [0])
        for input in inputs { #expect(hub.hub.responder.answer(input) == malformed) }
        #expect(hub.hub.responder.answer(request(64)) != malformed)
        for length in 0..<request(2).count {
            #expect(hub.hub.responder.answer(Array(request(2).prefix(length))) == malformed)
        }
        let answer = try await hub.publication.send(.post, "/pki/ocsp", body: request(10_000))
        #expect(answer.status == .ok)
        #expect(answer.body == malformed)
    }

    @Test func requestInThePath_IsReadHoweverItIsEscaped() async throws {
        let hub = try await Self.ready()
        let serial = try await Self.issued(hub, "d").serial.description
        let folder = try TemporaryFolder()
        let (authority, file) = (folder.path + "/ca.pem", folder.path + "/q")
        try hub.hub.issuer.authority.certificate.pem.write(toFile: authority, atomically: true, encoding: .utf8)
        _ = try Self.openssl([
            "ocsp", "-issuer", authority, "-serial", "0x" + serial, "-no_nonce", "-reqout", file,
        ])
        let text = Base64.encode([UInt8](try Data(contentsOf: URL(fileURLWithPath: file))))
        let expected = hub.hub.responder.answer(try #require(Base64.decode(text)))
        for path in [text, PercentEncoding.encode(text)] {
            let answer = try await hub.publication.send(.get, "/pki/ocsp/" + path)
            #expect(answer.body == expected)
            #expect(answer.headers[.cacheControl]?.contains("max-age") == true)
        }
    }
}
