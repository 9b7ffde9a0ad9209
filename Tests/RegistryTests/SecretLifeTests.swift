import Devices
import Foundation
import GRDB
import HubDaemon
import HubHTTP
import HubTestSupport
import Issuing
import Journal
import PKI
import Secrets
import Store
import Testing
internal import Wire

/// What must not happen to secrets, guesses and records, however things fall together.
@Suite struct SecretLifeTests {
    private static func importing(_ text: String, _ hub: TestHub) async throws {
        let job = try await SecretImport(
            into: hub.hub.rooms.secrets, for: hub.hub.rooms.devices, options: ImportOptions(source: "test"),
            folder: hub.folder.path)
        try await job.feed(Array(text.utf8))
        #expect(try await job.finish(by: .hub).isStored)
    }

    @Test func replacedSecret_StaysReplacedWhenTheNewOneEnds() async throws {
        let hub = try await TestHub()
        try await hub.addSecret("old-secret", for: "d1", life: 365 * 86_400)
        try await Self.importing("deviceID,secret\nd1,new-secret\n", hub)
        hub.clock.advance(by: 4 * 86_400)
        try await hub.hub.rooms.secrets.removeExpiredSecrets()
        #expect(try hub.hub.issuer.claim("d1").secret == nil)
    }

    @Test func secretThatIsBeingImported_IsSpentWithTheOneBefore() async throws {
        let hub = try await TestHub()
        try await hub.addSecret("old-secret", for: "d1")
        let job = try await SecretImport(
            into: hub.hub.rooms.secrets, for: hub.hub.rooms.devices, options: ImportOptions(source: "test"),
            folder: hub.folder.path)
        try await job.feed(Array("deviceID,secret\nd1,new-secret\n".utf8))
        // The rows are staged when the run is full or the file ends; here by hand, as a larger file would.
        try await hub.hub.rooms.journal.store.write { db in
            try db.execute(
                sql: """
                    INSERT INTO secret (device_id, batch, sealed, valid_until)
                    SELECT device_id, 1, sealed, valid_until FROM secret WHERE device_id = 'd1'
                    """)
        }
        #expect(try await TestDevice("d1", secret: "old-secret").provision(at: hub).status == .approved)
        try await hub.hub.rooms.journal.store.write { db in try db.execute(sql: "DELETE FROM unfinished_import") }
        #expect(try hub.hub.issuer.claim("d1").secret == nil)
    }

    @Test func parallelGuesses_CannotOutrunTheLock() async throws {
        let hub = try await TestHub()
        try await hub.addSecret("right-secret", for: "d1")
        // The right guess was let through the gate before the wrong ones were counted.
        let claim = try hub.hub.issuer.claim("d1")
        let secret = try #require(claim.secret)
        for _ in 0..<10 { try await hub.hub.rooms.secrets.countWrongGuess(at: secret, by: .hub) }
        await #expect(throws: IssuingError.secretGone) {
            try await hub.hub.issuer.enrol(
                "d1", claim: claim, publicKey: try PrivateKey.makeP256().publicKey,
                sighting: Sighting(address: "192.0.2.1", mac: "", fingerprint: nil), reason: .secret(secret), by: .hub)
        }
    }

    @Test func strangersClaim_LeavesAnApprovedDevicesRecordAlone() async throws {
        let hub = try await TestHub()
        try await hub.addSecret("s", for: "d1")
        let device = try TestDevice("d1", secret: "s")
        _ = try await device.provision(at: hub)
        let before = try await hub.hub.rooms.devices.device("d1")
        _ = try await TestDevice("d1", secret: "x", mac: "02:00:00:00:00:66").provision(
            at: hub, as: Peer(address: "203.0.113.9"))
        #expect(try await hub.hub.rooms.devices.device("d1") == before)
    }

    @Test func pendingDevicesThatNeverComeBack_AreForgotten() async throws {
        let hub = try await TestHub()
        _ = try await TestDevice("ghost", secret: "x").provision(at: hub)
        hub.clock.advance(by: 86_401)
        _ = try await TestDevice("real", secret: "x").provision(at: hub)
        try await hub.hub.rooms.devices.removeForgottenPending()
        #expect(try await hub.hub.rooms.devices.devices(state: nil, after: "", limit: 10).map(\.id) == ["real"])
    }

    @Test func secretsGiveNoRoleThatAdministersOrSpeaksForTheHub() async throws {
        let hub = try await TestHub()
        for ou in ["admin", "ocsp", "server", "nonsense"] {
            var secret = NewSecret(deviceID: "d1", value: [1], validUntil: hub.clock.now + 60)
            secret.ou = ou
            let refused = secret
            await #expect(throws: SecretsError.invalidOU) {
                try await hub.hub.rooms.devices.addSecret(refused, replacing: true, by: .hub)
            }
        }
    }

    @Test func revokedDevice_LosesCertificatesOfEveryRoleItHad() async throws {
        let hub = try await TestHub()
        var secret = NewSecret(deviceID: "d1", value: Array("s".utf8), validUntil: hub.clock.now + 60)
        secret.ou = "service"
        try await hub.hub.rooms.devices.addSecret(secret, replacing: true, by: .hub)
        let device = try TestDevice("d1", secret: "s")
        let service = try Certificate(pem: try await device.provision(at: hub).clientCert)
        try await hub.addSecret("s", for: "d1")
        let plain = try Certificate(pem: try await device.provision(at: hub).clientCert)
        let person = try await hub.peer("d1", ou: "client")
        try await hub.hub.issuer.revoke(deviceID: "d1", reason: .keyCompromise, by: .hub)
        #expect(hub.hub.issuer.standing(of: [service]) == .refused)
        #expect(hub.hub.issuer.standing(of: [plain]) == .refused)
        #expect(hub.hub.issuer.standing(of: [try #require(person.certificate)]) == .valid)
    }

    @Test func deviceThatRenewsInALoop_GetsTheSameCertificate() async throws {
        let hub = try await TestHub()
        try await hub.addSecret("s", for: "d1")
        let device = try TestDevice("d1", secret: "s")
        let first = try Certificate(pem: try await device.provision(at: hub).clientCert)
        let peer = Peer(address: "192.0.2.7", certificate: first)
        var serials: Set<Serial> = []
        for _ in 0..<60 {
            serials.insert(try Certificate(pem: try await device.provision(at: hub, as: peer).clientCert).serial)
        }
        #expect(serials.count == 20)
        hub.clock.advance(by: 3600)
        #expect(
            !serials.contains(try Certificate(pem: try await device.provision(at: hub, as: peer).clientCert).serial))
    }
}
