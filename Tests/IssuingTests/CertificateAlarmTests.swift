internal import Devices
import Issuing
internal import IssuingTestSupport
internal import Journal
internal import JournalTestSupport
import PKI
internal import Rooms
internal import Secrets
internal import SecretsTestSupport
import Store
import Testing
internal import Wire

/// Alarms about secrets and certificates, from the first guess or week to their end.
@Suite struct CertificateAlarmTests {
    private static func standing(_ rig: IssuingRig) async throws -> [Alarm] {
        try await rig.rooms.journal.alarms(all: false, before: nil, limit: 100)
    }

    /// A device with a certificate of 30 days, made a moment ago.
    private static func provisioned(_ id: String, at rig: IssuingRig) async throws -> (TestDevice, Certificate) {
        try await rig.addSecret("s", for: id)
        let device = try TestDevice(id, secret: "s")
        let certificate = try await device.enrol(at: rig).certificate
        return (device, certificate)
    }

    @Test func lockedSecret_RaisesAnAlarm_ThatClearsWhenTheSecretIsUsed() async throws {
        let rig = try await IssuingRig()
        let hook = try await rig.rooms.journal.addWebhook(
            NewWebhook(url: "https://desk.example/", events: [.refused, .alarm]), by: .hub
        ).webhook
        try await rig.addSecret("right", for: "d1")
        let wrong = try TestDevice("d1", secret: "wrong")
        for _ in 1...10 { _ = try await wrong.enrol(at: rig) }
        let alarm = try #require(try await Self.standing(rig).first)
        #expect(alarm.kind == .secretLocked && alarm.subject == "d1" && alarm.count == 1)
        try await rig.rooms.secrets.clearEndedLocks()
        try await rig.rooms.journal.sweepAlarms()
        #expect(try await Self.standing(rig).count == 1, "the secret is still the one that was guessed at")
        rig.clock.advance(by: 61)
        #expect(try await TestDevice("d1", secret: "right").enrol(at: rig).status == .approved)
        #expect(try await Self.standing(rig).isEmpty)
        #expect(try await rig.rooms.journal.webhook(hook.id).queued == 3, "refused, raised, cleared")
    }

    @Test func lockedSecretThatIsRemoved_ClearsTheAlarm() async throws {
        let rig = try await IssuingRig()
        try await rig.addSecret("right", for: "d1")
        let wrong = try TestDevice("d1", secret: "wrong")
        for _ in 1...10 { _ = try await wrong.enrol(at: rig) }
        try await rig.rooms.secrets.removeSecret(of: "d1", by: .hub)
        try await rig.rooms.secrets.clearEndedLocks()
        try await rig.rooms.journal.sweepAlarms()
        #expect(try await Self.standing(rig).isEmpty)
    }

    @Test func certificateThatEnds_IsToldOnce_AndClearsWhenRenewed() async throws {
        let rig = try await IssuingRig()
        let rooms = rig.rooms
        let hook = try await rooms.journal.addWebhook(
            NewWebhook(url: "https://desk.example/", events: [.expiring]), by: .hub
        ).webhook
        let (device, certificate) = try await Self.provisioned("d1", at: rig)
        rig.clock.advance(by: 22 * 86_400)
        try await CertificateExpiry(issuer: rig.issuer).sweepExpiring()
        #expect(try await Self.standing(rig).isEmpty, "more than a week is left")
        rig.clock.advance(by: 2 * 86_400)
        for _ in 1...3 { try await CertificateExpiry(issuer: rig.issuer).sweepExpiring() }
        let alarm = try #require(try await Self.standing(rig).first)
        #expect(alarm.kind == .certificateExpiring && alarm.subject == "d1" && alarm.count == 1)
        #expect(try await rooms.journal.webhook(hook.id).queued == 1)
        #expect(try await device.enrol(at: rig, with: certificate).status == .approved)
        #expect(try await Self.standing(rig).isEmpty)
        // The next certificate is another serial, and told of again.
        rig.clock.advance(by: 24 * 86_400)
        try await CertificateExpiry(issuer: rig.issuer).sweepExpiring()
        #expect(try await rooms.journal.webhook(hook.id).queued == 2)
    }

    @Test func shortLivedCertificate_IsToldInItsLastThird() async throws {
        let rig = try await IssuingRig { $0.deviceValidity = 3 * 86_400 }
        _ = try await Self.provisioned("d1", at: rig)
        rig.clock.advance(by: 86_400)
        try await CertificateExpiry(issuer: rig.issuer).sweepExpiring()
        #expect(try await Self.standing(rig).isEmpty)
        rig.clock.advance(by: 86_400 + 3600)
        try await CertificateExpiry(issuer: rig.issuer).sweepExpiring()
        #expect(try await Self.standing(rig).count == 1)
    }

    @Test(arguments: [DeviceState.rejected, .removed, .revoked])
    func deviceThatIsOut_NeedsNoCertificate(state: DeviceState) async throws {
        let rig = try await IssuingRig()
        _ = try await Self.provisioned("d1", at: rig)
        rig.clock.advance(by: 25 * 86_400)
        try await CertificateExpiry(issuer: rig.issuer).sweepExpiring()
        #expect(try await Self.standing(rig).count == 1)
        switch state {
        case .rejected: try await rig.issuer.reject(deviceID: "d1", by: .hub)
        case .removed: try await rig.issuer.remove(deviceID: "d1", by: .hub)
        default:
            let devices = rig.rooms.devices
            try await rig.rooms.journal.store.write { db in
                var device = try #require(try devices.device("d1", in: db))
                device.state = .revoked
                try devices.save(device, in: db)
            }
            try await CertificateExpiry(issuer: rig.issuer).sweepExpiring()
        }
        #expect(try await Self.standing(rig).isEmpty)
    }

    @Test func authorityThatEnds_IsAnAlarmHalfAYearBefore() async throws {
        let rig = try await IssuingRig()
        let end = rig.issuer.authority.certificate.notAfter
        try await CertificateExpiry(issuer: rig.issuer).sweepAuthority()
        #expect(try await Self.standing(rig).isEmpty)
        rig.clock.advance(by: end - rig.clock.now - 179 * 86_400)
        for _ in 1...2 { try await CertificateExpiry(issuer: rig.issuer).sweepAuthority() }
        let alarms = try await Self.standing(rig)
        #expect(alarms.map(\.kind) == [.authorityExpiring] && alarms.first?.count == 1)
        rig.clock.advance(by: -10 * 365 * 86_400)
        try await CertificateExpiry(issuer: rig.issuer).sweepAuthority()
        #expect(try await Self.standing(rig).isEmpty)
    }

    @Test func acknowledgedState_StaysQuietUntilItClears() async throws {
        let rig = try await IssuingRig()
        _ = try await Self.provisioned("d1", at: rig)
        rig.clock.advance(by: 25 * 86_400)
        try await CertificateExpiry(issuer: rig.issuer).sweepExpiring()
        let alarm = try #require(try await Self.standing(rig).first)
        _ = try await rig.rooms.journal.acknowledgeAlarm(alarm.id, by: .hub)
        try await CertificateExpiry(issuer: rig.issuer).sweepExpiring()
        #expect(try await Self.standing(rig).isEmpty)
        #expect(try await rig.rooms.journal.alarmCounts() == [:])
    }
}
