import Devices
internal import Encoding
import Foundation
import HTTPTypes
import HubDaemon
import HubHTTP
import HubTestSupport
import Issuing
import Journal
import PKI
import Testing
internal import Wire

/// Certificates that count and that the store does not know: what the restoration of an older backup leaves.
@Suite(.timeLimit(.minutes(1))) struct LearningTests {
    /// A hub with the authority and keys of another one, and a store that knows nothing of what that one issued.
    static func restored(_ hub: TestHub) async throws -> TestHub {
        let folder = try TemporaryFolder()
        let state = folder.path + "/state"
        try FileManager.default.createDirectory(
            atPath: state, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        for part in ["ca", "keys"] {
            try FileManager.default.copyItem(atPath: hub.folder.path + "/state/" + part, toPath: state + "/" + part)
        }
        return try await TestHub(folder: folder)
    }

    private static func issued(_ hub: TestHub, _ name: String, ou: String = "client") async throws -> Certificate {
        try await hub.hub.issuer.issue(
            commonName: name, ou: ou, publicKey: try PrivateKey.makeP256().publicKey, by: .hub)
    }

    @Test func certificateSeenInAHandshake_IsLearned_Once() async throws {
        let before = try await TestHub()
        let certificate = try await Self.issued(before, "dev1", ou: "iotdevice")
        let hub = try await Self.restored(before)
        let issuer = hub.hub.issuer
        for _ in 0..<3 { #expect(issuer.standing(of: [certificate]) == .valid) }
        var seen = issuer.unknownCertificates.makeAsyncIterator()
        #expect(await seen.next() == certificate)
        #expect(try await issuer.learn(certificate, by: .hub))
        #expect(try await !issuer.learn(certificate, by: .hub))
        let record = try await issuer.certificate(serial: certificate.serial.description)
        #expect(record.der == certificate.der && record.ou == "iotdevice" && record.commonName == "dev1")
        #expect(record.notAfter == certificate.notAfter && record.authority == 1)
        // It is known now: what comes next is another one.
        #expect(issuer.standing(of: [certificate]) == .valid)
        let other = try await Self.issued(before, "alice")
        #expect(issuer.standing(of: [other]) == .valid)
        #expect(await seen.next() == other)
        let actions = try await hub.hub.rooms.journal.auditEvents(before: nil, subject: "dev1", limit: 10).map(
            \.action)
        #expect(actions == ["certificate.learn"])
    }

    @Test func learnedCertificate_GoesWithItsDevice() async throws {
        let before = try await TestHub()
        let certificate = try await Self.issued(before, "dev1", ou: "iotdevice")
        let hub = try await Self.restored(before)
        try await hub.addSecret("s3cret", for: "dev1")
        let old = try Certificate(pem: try await TestDevice("dev1", secret: "s3cret").provision(at: hub).clientCert)
        try await hub.hub.issuer.learn(certificate, by: .hub)
        try await hub.hub.issuer.revoke(deviceID: "dev1", reason: .cessationOfOperation, by: .hub)
        for one in [old, certificate] { #expect(hub.hub.issuer.standing(of: [one]) == .refused) }
    }

    @Test(arguments: [DeviceState.revoked, .rejected, .removed])
    func certificateOfADeviceThatWasShutOutMeanwhile_IsTakenBackAsItIsLearned(_ state: DeviceState) async throws {
        let before = try await TestHub()
        let certificate = try await Self.issued(before, "dev1", ou: "iotdevice")
        let hub = try await Self.restored(before)
        let issuer = hub.hub.issuer
        try await hub.addSecret("s3cret", for: "dev1")
        _ = try await TestDevice("dev1", secret: "s3cret").provision(at: hub)
        switch state {
        case .revoked: try await issuer.revoke(deviceID: "dev1", reason: .keyCompromise, by: .hub)
        case .rejected: try await issuer.reject(deviceID: "dev1", by: .hub)
        default: try await issuer.remove(deviceID: "dev1", by: .hub)
        }
        #expect(try await issuer.learn(certificate, by: .hub))
        #expect(issuer.standing(of: [certificate]) == .refused)
        #expect(try await issuer.certificate(serial: certificate.serial.description).revokedAt != nil)
    }

    @Test func strangersCertificate_IsNeverLearned() async throws {
        let hub = try await TestHub()
        let foreign = try await Self.issued(try await TestHub(), "x")
        for certificate in [foreign, hub.hub.issuer.authority.certificate] {
            await #expect(throws: IssuingError.foreignCertificate) {
                try await hub.hub.issuer.learn(certificate, by: .hub)
            }
        }
        #expect(hub.hub.issuer.standing(of: [foreign]) == .refused)
        #expect(try await hub.hub.issuer.certificateCount() == 0)
    }

    /// Both are bounded, each by its own number.
    @Test func serialsNobodyKnows_AreBounded_AndLeaveRoomForWhatIsLearned() async throws {
        let before = try await TestHub()
        let issuer = try await Self.restored(before).hub.issuer
        let serials = (1...3).map { "00112233445566770\($0)" }
        for serial in serials.prefix(2) {
            try await issuer.revoke(serial: serial, reason: .keyCompromise, unknownLimit: 2, by: .hub)
        }
        await #expect(throws: IssuingError.tooManyUnknownSerials(2)) {
            try await issuer.revoke(serial: serials[2], reason: .keyCompromise, unknownLimit: 2, by: .hub)
        }
        // Once more changes nothing, and takes no room.
        try await issuer.revoke(serial: serials[0], reason: .keyCompromise, unknownLimit: 2, by: .hub)
        for number in 0..<3 {
            let certificate = try await Self.issued(before, "c\(number)")
            #expect(try await issuer.learn(certificate, limit: 2, by: .hub) == (number < 2))
        }
        // A mistake is taken off again, whatever it was revoked for, and makes room.
        try await issuer.unhold(serial: serials[0], by: .hub)
        try await issuer.revoke(serial: serials[2], reason: .keyCompromise, unknownLimit: 2, by: .hub)
        #expect(try await issuer.certificateCount() == 4)
    }

    @Test func learning_IsBounded() async throws {
        let before = try await TestHub()
        let hub = try await Self.restored(before)
        for number in 0..<3 {
            let certificate = try await Self.issued(before, "c\(number)")
            #expect(try await hub.hub.issuer.learn(certificate, limit: 2, by: .hub) == (number < 2))
        }
        #expect(try await hub.hub.issuer.certificateCount() == 2)
    }

    @Test func serialNobodyKnows_IsRevoked_OverARestart_AndLearnedLater() async throws {
        let before = try await TestHub()
        let certificate = try await Self.issued(before, "alice")
        let serial = certificate.serial.description
        let folder: TemporaryFolder
        let record: CertificateRecord
        do {
            let hub = try await Self.restored(before)
            folder = hub.folder
            record = try await hub.hub.issuer.revoke(serial: serial, reason: .keyCompromise, by: .hub)
            #expect(record.der.isEmpty && record.reason == .keyCompromise)
            #expect(hub.hub.issuer.standing(of: [certificate]) == .refused)
        }
        let again = try await TestHub(folder: folder)
        #expect(again.hub.issuer.standing(of: [certificate]) == .refused)
        // What was decided stays when the certificate itself turns up.
        #expect(try await again.hub.issuer.learn(certificate, by: .hub))
        let known = try await again.hub.issuer.certificate(serial: serial)
        #expect(known.der == certificate.der && known.commonName == "alice")
        #expect(known.reason == .keyCompromise && known.revokedAt == record.revokedAt)
        #expect(again.hub.issuer.standing(of: [certificate]) == .refused)
    }

    @Test func serialNobodyKnows_IsForgottenWithItsHold() async throws {
        let before = try await TestHub()
        let certificate = try await Self.issued(before, "alice")
        let serial = certificate.serial.description
        let issuer = try await Self.restored(before).hub.issuer
        try await issuer.revoke(serial: serial, reason: .certificateHold, by: .hub)
        #expect(issuer.standing(of: [certificate]) == .refused)
        try await issuer.unhold(serial: serial, by: .hub)
        #expect(issuer.standing(of: [certificate]) == .valid)
        await #expect(throws: IssuingError.unknownCertificate(serial)) { try await issuer.certificate(serial: serial) }
    }

    /// Shorter than any authority makes them at random: a slip of the finger, and nothing would have been revoked.
    @Test(arguments: ["", "1", "0abc", "11223344556677", "no serial", String(repeating: "a", count: 42)])
    func whatIsNoSerial_IsNotRevoked(_ text: String) async throws {
        let issuer = try await TestHub().hub.issuer
        let isShort = ["1", "0abc", "11223344556677"].contains(text)
        await #expect(throws: IssuingError.invalidSerial(text, isShort: isShort)) {
            try await issuer.revoke(serial: text, reason: .unspecified, by: .hub)
        }
    }

    @Test func administrator_RevokesByTheCertificateItself() async throws {
        let before = try await TestHub()
        let certificate = try await Self.issued(before, "alice")
        let hub = try await Self.restored(before)
        func revoke(_ pem: String, _ more: String = "") async throws -> RouteClient.Answer {
            let text = String(decoding: JSONValue.string(pem).encoded(), as: UTF8.self)
            return try await hub.local.send(
                .post, "/admin/v1/certificates/revoke", body: Array(#"{"certificatePEM":\#(text)\#(more)}"#.utf8),
                headers: [.contentType: "application/json"], as: Peer(address: "local", userID: 0))
        }
        let answer = try await revoke(certificate.pem, #","reason":"keyCompromise""#)
        #expect(answer.status == .ok && answer.text.contains(certificate.serial.description))
        #expect(answer.text.contains("alice") && answer.text.contains("keyCompromise"))
        #expect(hub.hub.issuer.standing(of: [certificate]) == .refused)
        let foreign = try await Self.issued(try await TestHub(), "x")
        let refused = try await revoke(foreign.pem)
        #expect(refused.status == .unprocessableContent && refused.text.contains("foreignCertificate"))
        #expect(try await revoke("no certificate").status == .badRequest)
        #expect(try await revoke(certificate.pem, #","serial":"0a""#).status == .badRequest)
    }
}
