internal import Journal
internal import Store

/// SQL of the table `device`.
enum DeviceStore {
    static func addMigrations(to migrator: inout MigrationList) {
        migrator.register("registry-0002-device") { db in
            try db.script(
                """
                CREATE TABLE device (
                    id TEXT PRIMARY KEY, state TEXT NOT NULL, ou TEXT NOT NULL, device_type TEXT, address TEXT, mac TEXT,
                    fingerprint TEXT, approved_fingerprint TEXT, first_seen INTEGER NOT NULL, last_seen INTEGER NOT NULL,
                    serial TEXT, not_after INTEGER) STRICT, WITHOUT ROWID;
                CREATE INDEX device_pending ON device (address) WHERE state = 'pending';
                """)
        }
    }

    /// What came after the tables of identities.
    static func addLaterMigrations(to migrator: inout MigrationList) {
        addWaiting(to: &migrator)
        addColumns(to: &migrator)
    }

    /// What fairness among waiting devices needs (``WaitingCrowd``), and what others asked in a waiting device's name.
    private static func addWaiting(to migrator: inout MigrationList) {
        migrator.register("registry-0018-waiting") { db in
            try db.script(
                """
                ALTER TABLE device ADD COLUMN source TEXT;
                ALTER TABLE device ADD COLUMN other_keys INTEGER NOT NULL DEFAULT 0;
                ALTER TABLE device ADD COLUMN other_seen INTEGER;
                CREATE INDEX device_waiting ON device (source, address, first_seen) WHERE state = 'pending';
                CREATE INDEX auth_set_pending ON auth_set (status) WHERE status = 'pending';
                """)
            let pending = try db.all("SELECT id, address FROM device WHERE state = 'pending'") { row in
                (row[0] as String, row[1] as String?)
            }
            for (id, address) in pending {
                try db.run("UPDATE device SET source = ? WHERE id = ?", [address.map(NetworkAddress.source), id])
            }
        }
    }

    static func find(_ id: String, in db: Database) throws -> Device? {
        try db.first(findSQL, [.string(id)], read: device)
    }

    private static let findSQL = "SELECT \(selected) FROM device WHERE id = ?"

    /// Devices in the order of their IDs, after one.
    static func page(state: DeviceState?, after: String, limit: Int, in db: Database) throws -> [Device] {
        try db.all(
            "SELECT \(selected) FROM device WHERE id > ?1 AND (?2 IS NULL OR state = ?2) ORDER BY id LIMIT ?3",
            [.string(after), .string(orNull: state?.rawValue), .integer(Int64(limit))], read: device)
    }

    /// IDs in their order, after one.
    static func ids(after: String, limit: Int, in db: Database) throws -> [String] {
        try db.values("SELECT id FROM device WHERE id > ? ORDER BY id LIMIT ?", [after, limit], as: String.self)
    }

    /// IDs and serials of approved devices whose newest certificate ends by a moment, those that end first in front.
    static func certified(endingBy moment: Int64, device: String?, in db: Database) throws -> [(String, String)] {
        try db.all(
            """
            SELECT id, serial FROM device WHERE state = 'approved' AND serial IS NOT NULL AND not_after <= ?1
                \(device == nil ? "" : "AND id = ?2")
            ORDER BY not_after
            """, device.map { [moment, $0] } ?? [moment]
        ) { row in (row[0], row[1]) }
    }

    /// How many devices are in each state.
    static func counts(in db: Database) throws -> [DeviceState: Int] {
        var counts: [DeviceState: Int] = [:]
        try db.each("SELECT state, count(*) FROM device GROUP BY state") { row in
            if let state = DeviceState(rawValue: row[0]) { counts[state] = row[1] }
            return true
        }
        return counts
    }

    static func pendingCount(in db: Database) throws -> Int {
        try db.value("SELECT count(*) FROM device WHERE state = 'pending'", as: Int.self)
            ?? 0
    }

    static func pendingCount(address: String, in db: Database) throws -> Int {
        try db.value("SELECT count(*) FROM device WHERE state = 'pending' AND address = ?", [address], as: Int.self)
            ?? 0
    }

    /// Condition on pending devices that nobody would miss: nobody approved them, and they never had a certificate.
    static let isForgettable = """
        approved_fingerprint IS NULL AND serial IS NULL AND NOT \(IdentityStore.isPreauthorizedSQL)
        """

    /// Removes pending devices that nobody would miss and that have not asked since.
    static func removePending(seenBefore: Int64, in db: Database) throws {
        try db.run("DELETE FROM device WHERE state = 'pending' AND last_seen < ? AND \(isForgettable)", [seenBefore])
    }

    /// Inserts or replaces the whole record.
    static func save(_ device: Device, in db: Database) throws {
        try db.run(saveSQL, values(of: device))
    }

    /// The record of a device that holds a certificate for the key of this fingerprint.
    static func holder(fingerprint: String, now: Int64, in db: Database) throws -> String? {
        try db.value(
            """
            SELECT id FROM device
            WHERE fingerprint = ? AND serial IS NOT NULL AND state = 'approved' AND not_after > ?
            """, [fingerprint, now], as: String.self)
    }

    static func hasAny(in db: Database) throws -> Bool {
        try db.value("SELECT EXISTS (SELECT 1 FROM device)", as: Bool.self) ?? true
    }

    /// Nothing was seen later than now: the clock was set back.
    static func settle(at now: Int64, in db: Database) throws {
        try db.run(
            """
            UPDATE device SET first_seen = CASE WHEN first_seen > ?1 THEN ?1 ELSE first_seen END,
                last_seen = CASE WHEN last_seen > ?1 THEN ?1 ELSE last_seen END,
                other_seen = CASE WHEN other_seen > ?1 THEN ?1 ELSE other_seen END
            WHERE last_seen > ?1 OR first_seen > ?1 OR other_seen > ?1
            """, [.integer(now)])
    }

    static func remove(_ id: String, in db: Database) throws {
        try db.run("DELETE FROM device WHERE id = ?", [id])
    }
}
