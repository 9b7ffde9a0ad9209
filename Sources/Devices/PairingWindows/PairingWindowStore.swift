internal import Store

/// SQL of the table `pairing_window`, which has one line at most. Its migration makes `sighting` too, see
/// ``SightingStore``.
enum PairingWindowStore {
    static func addMigrations(to migrator: inout MigrationList) {
        migrator.register("registry-0008-pairing") { db in
            try db.script(
                """
                CREATE TABLE pairing_window (
                    id INTEGER PRIMARY KEY CHECK (id = 1), opened_at INTEGER NOT NULL, closes_at INTEGER NOT NULL,
                    opened_by TEXT NOT NULL, device_type TEXT, device_limit INTEGER, approves INTEGER NOT NULL,
                    used INTEGER NOT NULL) STRICT;
                CREATE TABLE sighting (
                    device_id TEXT PRIMARY KEY REFERENCES device (id) ON DELETE CASCADE, count INTEGER NOT NULL
                    ) STRICT, WITHOUT ROWID;
                """)
        }
    }

    /// The window, over or not.
    static func find(in db: Database) throws -> PairingWindow? {
        try db.first(
            """
            SELECT opened_at, closes_at, opened_by, device_type, device_limit, approves, used FROM pairing_window
            """
        ) { row in
            PairingWindow(
                openedAt: row[0], closesAt: row[1], openedBy: row[2], deviceType: row[3], limit: row[4],
                approves: row[5], used: row[6])
        }
    }

    static func save(_ window: PairingWindow, in db: Database) throws {
        try db.run(
            """
            INSERT INTO pairing_window (id, opened_at, closes_at, opened_by, device_type, device_limit, approves, used)
            VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (id) DO UPDATE SET opened_at = ?1, closes_at = ?2,
                opened_by = ?3, device_type = ?4, device_limit = ?5, approves = ?6, used = ?7
            """,
            [
                window.openedAt, window.closesAt, window.openedBy, window.deviceType, window.limit, window.approves,
                window.used,
            ])
    }

    static func countUse(in db: Database) throws {
        try db.run("UPDATE pairing_window SET used = used + 1")
    }

    static func remove(in db: Database) throws {
        try db.run("DELETE FROM pairing_window")
    }
}
