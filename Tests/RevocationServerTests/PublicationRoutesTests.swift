internal import BaseTestSupport
internal import Encoding
import Foundation
import HTTPTypes
import HubHTTP
import Issuing
internal import Journal
internal import JournalTestSupport
internal import RecordTestSupport
internal import RouteTestSupport
import Testing
@testable import PKI

/// CRL and OCSP answers as they are served over HTTP.
@Suite struct PublicationRoutesTests {
    private static func openssl(_ arguments: [String], input: [UInt8] = []) throws -> String {
        let output = try ExternalProgram.run("/usr/bin/openssl", arguments, input: input, keepsErrors: true)
        return String(decoding: output, as: UTF8.self)
    }

    private static func issued(_ rig: RevocationRig, _ name: String) async throws -> Certificate {
        try await rig.issuer.issue(
            commonName: name, ou: "client", publicKey: try PrivateKey.makeP256().publicKey, by: .hub)
    }

    @Test func listIsServed_WithTagAndAge() async throws {
        let rig = try await RevocationRig()
        let answer = try await rig.publication.send(.get, "/pki/ca.crl")
        #expect(answer.headers[.contentType] == "application/pkix-crl")
        #expect(answer.headers[.cacheControl] == "max-age=60")
        #expect(answer.headers[.lastModified]?.hasSuffix("GMT") == true)
        let tag = try #require(answer.headers[.eTag])
        let again = try await rig.publication.send(.get, "/pki/ca.crl", headers: [.ifNoneMatch: tag])
        #expect(again.status == .notModified)
        for known in ["W/\(tag)", "\"x\", \(tag)", "\"a,b\",W/\"c\" , W/\(tag)", "*"] {
            let answer = try await rig.publication.send(.get, "/pki/ca.crl", headers: [.ifNoneMatch: known])
            #expect(answer.status == .notModified && answer.body.isEmpty, "\(known)")
        }
        for other in ["\"crl-1\"", "W/\"x\"", "crl", "\"", ",", "\"\(tag)", "x, *"] {
            let answer = try await rig.publication.send(.get, "/pki/ca.crl", headers: [.ifNoneMatch: other])
            #expect(answer.status == .ok, "\(other)")
        }
        let modified = try #require(answer.headers[.lastModified])
        let since = try await rig.publication.send(.get, "/pki/ca.crl", headers: [.ifModifiedSince: modified])
        #expect(since.status == .notModified)
        let both: HTTPFields = [.ifModifiedSince: modified, .ifNoneMatch: "\"x\""]
        #expect(try await rig.publication.send(.get, "/pki/ca.crl", headers: both).status == .ok)
        let authority = try await rig.publication.send(.get, "/pki/ca.cer")
        #expect(authority.headers[.contentType] == "application/pkix-cert")
        #expect(authority.body == rig.issuer.authority.certificate.der)
        for path in ["/pki/ca-2.crl", "/pki/x", "/pki/hub.db", "/pki/..%2fhub.db"] {
            #expect(try await rig.publication.send(.get, path).status == .notFound)
        }
    }

    @Test func whatIsNoAnswer_IsKeptByNoCache() async throws {
        let rig = try await RevocationRig.ready()
        for path in ["/pki/ocsp/MAA%3D", "/pki/ocsp/x"] {
            let answer = try await rig.publication.send(.get, path)
            #expect(answer.body == OCSPSigner.malformed)
            #expect(answer.headers[.cacheControl] == "no-store")
        }
        // Without a signer the hub can't answer for now.
        let silent = try await RevocationRig()
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
        let answer = try await rig.publication.send(.get, path)
        #expect(answer.body.count > 100 && answer.headers[.cacheControl]?.hasPrefix("max-age=300") == true)
    }

    @Test func requestsNobodyCanRead_AreMalformed() async throws {
        let rig = try await RevocationRig.ready()
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
        for input in inputs { await #expect(rig.responder.answer(input) == malformed) }
        await #expect(rig.responder.answer(request(64)) != malformed)
        for length in 0..<request(2).count {
            await #expect(rig.responder.answer(Array(request(2).prefix(length))) == malformed)
        }
        let answer = try await rig.publication.send(.post, "/pki/ocsp", body: request(10_000))
        #expect(answer.status == .ok)
        #expect(answer.body == malformed)
    }

    @Test func requestInThePath_IsReadHoweverItIsEscaped() async throws {
        let rig = try await RevocationRig.ready()
        let serial = try await Self.issued(rig, "d").serial.description
        let folder = try TemporaryFolder()
        let (authority, file) = (folder.path + "/ca.pem", folder.path + "/q")
        try rig.issuer.authority.certificate.pem.write(toFile: authority, atomically: true, encoding: .utf8)
        _ = try Self.openssl([
            "ocsp", "-issuer", authority, "-serial", "0x" + serial, "-no_nonce", "-reqout", file,
        ])
        let text = Base64.encode([UInt8](try Data(contentsOf: URL(fileURLWithPath: file))))
        let expected = await rig.responder.answer(try #require(Base64.decode(text)))
        for path in [text, PercentEncoding.encode(text)] {
            let answer = try await rig.publication.send(.get, "/pki/ocsp/" + path)
            #expect(answer.body == expected)
            #expect(answer.headers[.cacheControl]?.contains("max-age") == true)
        }
    }
}
