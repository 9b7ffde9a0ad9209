import GRDB
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
    private static func makeOlder(_ path: String) throws {
        let queue = try DatabaseQueue(path: path)
        try queue.write { db in
            try db.execute(
                sql: """
                    DROP INDEX certificate_unknown;
                    DROP INDEX certificate_learned;
                    ALTER TABLE certificate DROP COLUMN is_learned;
                    DELETE FROM grdb_migrations WHERE identifier IN ('issuing-0005-learned', 'issuing-0006-unknown');
                    """)
        }
        // It has the columns that the migrations before make.
        var migrator = DatabaseMigrator()
        Issuer.addMigrations(to: &migrator)
        let reference = try DatabaseQueue()
        try migrator.migrate(reference, upTo: "issuing-0004-tunnel-token")
        let columns = try [queue, reference].map { queue in
            try queue.read { db in try db.columns(in: "certificate").map(\.name) }
        }
        #expect(columns[0] == columns[1])
        try queue.close()
    }

    @Test func certificates_AreKnownAndCanBeRevoked_AfterTheMigration() async throws {
        let (folder, clock) = (try TemporaryFolder(), ManualClock(at: 1_900_000_000))
        let device = try TestDevice("d1", secret: "s3cret")
        let certificate = try await { () -> Certificate in
            let rig = try await IssuingRig(folder: folder, clock: clock)
            try await rig.addSecret("s3cret", for: "d1")
            return try await device.enrol(at: rig).certificate
        }()
        try Self.makeOlder(RecordRig.database(folder))
        let rig = try await IssuingRig(folder: folder, clock: clock)
        #expect(rig.issuer.standing(of: [certificate]) == .valid)
        let learned = try await rig.rooms.journal.store.read { db in
            try Int.fetchAll(db, sql: "SELECT is_learned FROM certificate")
        }
        #expect(!learned.isEmpty && learned.allSatisfy { $0 == 0 })
        #expect(try await device.enrol(at: rig, with: certificate).status == .approved)
        try await rig.issuer.revoke(deviceID: "d1", reason: .unspecified, by: .hub)
        #expect(rig.issuer.standing(of: [certificate]) != .valid)
    }
}
