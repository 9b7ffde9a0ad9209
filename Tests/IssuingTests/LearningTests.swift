import Devices
internal import Encoding
import Foundation
import Issuing
internal import IssuingTestSupport
internal import Journal
internal import JournalTestSupport
import PKI
internal import Rooms
internal import SecretsTestSupport
import Testing
internal import Wire

/// Certificates that count and that the store does not know: what the restoration of an older backup leaves.
@Suite(.timeLimit(.minutes(1))) struct LearningTests {
    private static func issued(_ rig: IssuingRig, _ name: String, ou: String = "client") async throws -> Certificate {
        try await rig.issuer.issue(
            commonName: name, ou: ou, publicKey: try PrivateKey.makeP256().publicKey, by: .hub)
    }

    @Test func certificateSeenInAHandshake_IsLearned_Once() async throws {
        let before = try await IssuingRig()
        let certificate = try await Self.issued(before, "dev1", ou: "iotdevice")
        let rig = try await before.restored()
        let issuer = rig.issuer
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
        let actions = try await rig.rooms.journal.auditEvents(before: nil, subject: "dev1", limit: 10).map(\.action)
        #expect(actions == ["certificate.learn"])
    }

    @Test func learnedCertificate_GoesWithItsDevice() async throws {
        let before = try await IssuingRig()
        let certificate = try await Self.issued(before, "dev1", ou: "iotdevice")
        let rig = try await before.restored()
        try await rig.addSecret("s3cret", for: "dev1")
        let old = try await TestDevice("dev1", secret: "s3cret").enrol(at: rig).certificate
        try await rig.issuer.learn(certificate, by: .hub)
        try await rig.issuer.revoke(deviceID: "dev1", reason: .cessationOfOperation, by: .hub)
        for one in [old, certificate] { #expect(rig.issuer.standing(of: [one]) == .refused) }
    }

    @Test(arguments: [DeviceState.revoked, .rejected, .removed])
    func certificateOfADeviceThatWasShutOutMeanwhile_IsTakenBackAsItIsLearned(_ state: DeviceState) async throws {
        let before = try await IssuingRig()
        let certificate = try await Self.issued(before, "dev1", ou: "iotdevice")
        let rig = try await before.restored()
        let issuer = rig.issuer
        try await rig.addSecret("s3cret", for: "dev1")
        _ = try await TestDevice("dev1", secret: "s3cret").enrol(at: rig)
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
        let rig = try await IssuingRig()
        let foreign = try await Self.issued(try await IssuingRig(), "x")
        for certificate in [foreign, rig.issuer.authority.certificate] {
            await #expect(throws: IssuingError.foreignCertificate) {
                try await rig.issuer.learn(certificate, by: .hub)
            }
        }
        #expect(rig.issuer.standing(of: [foreign]) == .refused)
        #expect(try await rig.issuer.certificateCount() == 0)
    }

    /// Both are bounded, each by its own number.
    @Test func serialsNobodyKnows_AreBounded_AndLeaveRoomForWhatIsLearned() async throws {
        let before = try await IssuingRig()
        let issuer = try await before.restored().issuer
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
        let before = try await IssuingRig()
        let rig = try await before.restored()
        for number in 0..<3 {
            let certificate = try await Self.issued(before, "c\(number)")
            #expect(try await rig.issuer.learn(certificate, limit: 2, by: .hub) == (number < 2))
        }
        #expect(try await rig.issuer.certificateCount() == 2)
    }

    @Test func serialNobodyKnows_IsRevoked_OverARestart_AndLearnedLater() async throws {
        let before = try await IssuingRig()
        let certificate = try await Self.issued(before, "alice")
        let serial = certificate.serial.description
        let folder: TemporaryFolder
        let record: CertificateRecord
        do {
            let rig = try await before.restored()
            folder = rig.folder
            record = try await rig.issuer.revoke(serial: serial, reason: .keyCompromise, by: .hub)
            #expect(record.der.isEmpty && record.reason == .keyCompromise)
            #expect(rig.issuer.standing(of: [certificate]) == .refused)
        }
        let again = try await IssuingRig(folder: folder)
        #expect(again.issuer.standing(of: [certificate]) == .refused)
        // What was decided stays when the certificate itself turns up.
        #expect(try await again.issuer.learn(certificate, by: .hub))
        let known = try await again.issuer.certificate(serial: serial)
        #expect(known.der == certificate.der && known.commonName == "alice")
        #expect(known.reason == .keyCompromise && known.revokedAt == record.revokedAt)
        #expect(again.issuer.standing(of: [certificate]) == .refused)
    }

    @Test func serialNobodyKnows_IsForgottenWithItsHold() async throws {
        let before = try await IssuingRig()
        let certificate = try await Self.issued(before, "alice")
        let serial = certificate.serial.description
        let issuer = try await before.restored().issuer
        try await issuer.revoke(serial: serial, reason: .certificateHold, by: .hub)
        #expect(issuer.standing(of: [certificate]) == .refused)
        try await issuer.unhold(serial: serial, by: .hub)
        #expect(issuer.standing(of: [certificate]) == .valid)
        await #expect(throws: IssuingError.unknownCertificate(serial)) { try await issuer.certificate(serial: serial) }
    }

    /// Shorter than any authority makes them at random: a slip of the finger, and nothing would have been revoked.
    @Test(arguments: ["", "1", "0abc", "11223344556677", "no serial", String(repeating: "a", count: 42)])
    func whatIsNoSerial_IsNotRevoked(_ text: String) async throws {
        let issuer = try await IssuingRig().issuer
        let isShort = ["1", "0abc", "11223344556677"].contains(text)
        await #expect(throws: IssuingError.invalidSerial(text, isShort: isShort)) {
            try await issuer.revoke(serial: text, reason: .unspecified, by: .hub)
        }
    }
}
