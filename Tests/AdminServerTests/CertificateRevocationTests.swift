internal import Encoding
import Foundation
import HTTPTypes
import HubHTTP
import Issuing
internal import IssuingTestSupport
internal import JournalTestSupport
import PKI
internal import RouteTestSupport
import Testing
internal import Wire

@Suite struct CertificateRevocationTests {
    @Test func administrator_RevokesByTheCertificateItself() async throws {
        let before = try await IssuingRig()
        let certificate = try await before.certificate("alice", ou: "client")
        let rig = try await AdminRig(folder: try await before.restored().folder)
        func revoke(_ pem: String, _ more: String = "") async throws -> RouteClient.Answer {
            let text = String(decoding: JSONValue.string(pem).encoded(), as: UTF8.self)
            return try await rig.local.send(
                .post, "/admin/v1/certificates/revoke", body: Array(#"{"certificatePEM":\#(text)\#(more)}"#.utf8),
                headers: [.contentType: "application/json"], as: Peer(address: "local", userID: 0))
        }
        let answer = try await revoke(certificate.pem, #","reason":"keyCompromise""#)
        #expect(answer.status == .ok && answer.text.contains(certificate.serial.description))
        #expect(answer.text.contains("alice") && answer.text.contains("keyCompromise"))
        #expect(rig.issuer.standing(of: [certificate]) == .refused)
        let foreign = try await IssuingRig().certificate("x", ou: "client")
        let refused = try await revoke(foreign.pem)
        #expect(refused.status == .unprocessableContent && refused.text.contains("foreignCertificate"))
        #expect(try await revoke("no certificate").status == .badRequest)
        #expect(try await revoke(certificate.pem, #","serial":"0a""#).status == .badRequest)
    }
}
