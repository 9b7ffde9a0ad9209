internal import Devices
import Foundation
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

/// What must not happen to secrets, guesses and records, however things fall together.
@Suite struct SecretLifeTests {
    @Test func secretThatIsBeingImported_IsSpentWithTheOneBefore() async throws {
        let rig = try await IssuingRig()
        try await rig.addSecret("old-secret", for: "d1")
        let job = try await SecretImport(
            into: rig.rooms.secrets, for: rig.rooms.devices, options: ImportOptions(source: "test"),
            folder: rig.folder.path)
        try await job.feed(Array("deviceID,secret\nd1,new-secret\n".utf8))
        // The rows are staged when the run is full or the file ends; here by hand, as a larger file would.
        try await rig.rooms.journal.store.write { db in
            try db.run(
                """
                INSERT INTO secret (device_id, batch, sealed, valid_until)
                SELECT device_id, 1, sealed, valid_until FROM secret WHERE device_id = 'd1'
                """)
        }
        #expect(try await TestDevice("d1", secret: "old-secret").enrol(at: rig).status == .approved)
        try await rig.rooms.journal.store.write { db in try db.run("DELETE FROM unfinished_import") }
        #expect(try await rig.issuer.claim("d1").secret == nil)
    }

    @Test func parallelGuesses_CannotOutrunTheLock() async throws {
        let rig = try await IssuingRig()
        try await rig.addSecret("right-secret", for: "d1")
        // The right guess was let through the gate before the wrong ones were counted.
        let claim = try await rig.issuer.claim("d1")
        let secret = try #require(claim.secret)
        for _ in 0..<10 { try await rig.rooms.secrets.countWrongGuess(at: secret, by: .hub) }
        await #expect(throws: IssuingError.secretGone) {
            try await rig.issuer.enrol(
                "d1", claim: claim, publicKey: try PrivateKey.makeP256().publicKey,
                sighting: Sighting(address: "192.0.2.1", mac: "", fingerprint: nil), reason: .secret(secret), by: .hub)
        }
    }

    @Test func strangersClaim_LeavesAnApprovedDevicesRecordAlone() async throws {
        let rig = try await IssuingRig()
        try await rig.addSecret("s", for: "d1")
        let device = try TestDevice("d1", secret: "s")
        _ = try await device.enrol(at: rig)
        let before = try await rig.rooms.devices.device("d1")
        _ = try await TestDevice("d1", secret: "x", mac: "02:00:00:00:00:66").enrol(
            at: rig, from: "203.0.113.9")
        #expect(try await rig.rooms.devices.device("d1") == before)
    }

    @Test func pendingDevicesThatNeverComeBack_AreForgotten() async throws {
        let rig = try await IssuingRig()
        _ = try await TestDevice("ghost", secret: "x").enrol(at: rig)
        rig.clock.advance(by: 86_401)
        _ = try await TestDevice("real", secret: "x").enrol(at: rig)
        try await rig.rooms.devices.removeForgottenPending()
        #expect(try await rig.rooms.devices.devices(state: nil, after: "", limit: 10).map(\.id) == ["real"])
    }

    @Test func revokedDevice_LosesCertificatesOfEveryRoleItHad() async throws {
        let rig = try await IssuingRig()
        var secret = NewSecret(deviceID: "d1", value: Array("s".utf8), validUntil: rig.clock.now + 60)
        secret.ou = "service"
        try await rig.rooms.devices.addSecret(secret, replacing: true, by: .hub)
        let device = try TestDevice("d1", secret: "s")
        let service = try await device.enrol(at: rig).certificate
        try await rig.addSecret("s", for: "d1")
        let plain = try await device.enrol(at: rig).certificate
        let person = try await rig.certificate("d1", ou: "client")
        try await rig.issuer.revoke(deviceID: "d1", reason: .keyCompromise, by: .hub)
        #expect(rig.issuer.standing(of: [service]) == .refused)
        #expect(rig.issuer.standing(of: [plain]) == .refused)
        #expect(rig.issuer.standing(of: [person]) == .valid)
    }

    @Test func deviceThatRenewsInALoop_GetsTheSameCertificate() async throws {
        let rig = try await IssuingRig()
        try await rig.addSecret("s", for: "d1")
        let device = try TestDevice("d1", secret: "s")
        let first = try await device.enrol(at: rig).certificate
        var serials: Set<Serial> = []
        for _ in 0..<60 {
            serials.insert(try await device.enrol(at: rig, with: first).certificate.serial)
        }
        #expect(serials.count == 20)
        rig.clock.advance(by: 3600)
        #expect(
            !serials.contains(try await device.enrol(at: rig, with: first).certificate.serial))
    }
}
