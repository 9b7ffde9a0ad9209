import Issuing
internal import IssuingTestSupport
internal import Journal
internal import JournalTestSupport
import PKI
internal import RecordTestSupport
internal import Rooms
internal import SecretsTestSupport
import Store
import Testing
internal import Wire

/// The store of a hub that did not learn certificates yet.
@Suite struct CertificateMigrationTests {
    /// Takes back what the migration did: the store is that of an older hub.
    private static func makeOlder(_ path: String) async throws {
        try await StoreFile.run(
            """
            DROP INDEX certificate_unknown;
            DROP INDEX certificate_learned;
            ALTER TABLE certificate DROP COLUMN is_learned;
            DELETE FROM grdb_migrations WHERE identifier IN ('issuing-0005-learned', 'issuing-0006-unknown');
            """, at: path)
        // It has the columns that the migrations before make.
        let older = try Store(
            path: path + ".older", sealingKey: .random(), migrations: [Issuer.addMigrations],
            upTo: "issuing-0004-tunnel-token")
        let made = try Store(path: path, sealingKey: .random(), migrations: [])
        var columns: [[String]] = []
        for store in [older, made] {
            columns.append(
                try await store.read { db in
                    try db.values("SELECT name FROM pragma_table_info('certificate')", as: String.self)
                })
            try store.close()
        }
        #expect(columns[0] == columns[1])
    }

    @Test func certificates_AreKnownAndCanBeRevoked_AfterTheMigration() async throws {
        let (folder, clock) = (try TemporaryFolder(), ManualClock(at: 1_900_000_000))
        let device = try TestDevice("d1", secret: "s3cret")
        let certificate = try await { () -> Certificate in
            let rig = try await IssuingRig(folder: folder, clock: clock)
            try await rig.addSecret("s3cret", for: "d1")
            return try await device.enrol(at: rig).certificate
        }()
        try await Self.makeOlder(RecordRig.database(folder))
        let rig = try await IssuingRig(folder: folder, clock: clock)
        #expect(rig.issuer.standing(of: [certificate]) == .valid)
        let learned = try await rig.rooms.journal.store.read { db in
            try db.values("SELECT is_learned FROM certificate", as: Int.self)
        }
        #expect(!learned.isEmpty && learned.allSatisfy { $0 == 0 })
        #expect(try await device.enrol(at: rig, with: certificate).status == .approved)
        try await rig.issuer.revoke(deviceID: "d1", reason: .unspecified, by: .hub)
        #expect(rig.issuer.standing(of: [certificate]) != .valid)
    }
}
