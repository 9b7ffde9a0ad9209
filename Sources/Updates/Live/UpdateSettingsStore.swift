internal import Foundation
internal import Store

/// SQL of the table `device_updates`: a row for each device about whose updates something was decided, or that has had
/// one over a link. Fleets that only ask have none.
enum UpdateSettingsStore {
    static func addMigrations(to migrator: inout MigrationList) {
        migrator.register("updates-0005-device-updates") { db in
            try db.script(
                """
                CREATE TABLE device_updates (
                    device_id TEXT PRIMARY KEY REFERENCES device (id) ON DELETE CASCADE,
                    is_enabled INTEGER NOT NULL DEFAULT 1, mode TEXT NOT NULL DEFAULT 'automatic',
                    is_managed_allowed INTEGER NOT NULL DEFAULT 0, blocked_until INTEGER, blocked_seconds INTEGER,
                    attempts TEXT NOT NULL DEFAULT '[]', interruptions INTEGER NOT NULL DEFAULT 0,
                    flight_deployment INTEGER, flight_state TEXT, flight_progress INTEGER, flight_changed_at INTEGER,
                    flight_from TEXT, flight_note TEXT NOT NULL DEFAULT '') STRICT, WITHOUT ROWID;
                CREATE INDEX device_updates_flight ON device_updates (flight_changed_at)
                    WHERE flight_state IS NOT NULL;
                CREATE INDEX device_updates_blocked ON device_updates (blocked_until) WHERE blocked_until IS NOT NULL;
                ALTER TABLE deployment ADD COLUMN is_push INTEGER NOT NULL DEFAULT 0;
                """)
        }
    }

    private static let columns = """
        is_enabled, mode, is_managed_allowed, blocked_until, blocked_seconds, attempts, interruptions, flight_deployment,
        flight_state, flight_progress, flight_changed_at, flight_from, flight_note
        """

    /// What is stored of a device; `nil` for nothing.
    static func find(_ deviceID: String, in db: Database) throws -> UpdateSettings? {
        try db.first("SELECT \(columns) FROM device_updates WHERE device_id = ?", [deviceID], read: settings)
    }

    static func save(_ settings: UpdateSettings, of deviceID: String, in db: Database) throws {
        let flight = settings.flight
        let attempts = String(decoding: try JSONEncoder().encode(settings.attempts), as: UTF8.self)
        try db.run(
            """
            INSERT INTO device_updates (device_id, \(columns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (device_id) DO UPDATE SET is_enabled = excluded.is_enabled, mode = excluded.mode,
                is_managed_allowed = excluded.is_managed_allowed, blocked_until = excluded.blocked_until,
                blocked_seconds = excluded.blocked_seconds, attempts = excluded.attempts,
                interruptions = excluded.interruptions, flight_deployment = excluded.flight_deployment,
                flight_state = excluded.flight_state, flight_progress = excluded.flight_progress,
                flight_changed_at = excluded.flight_changed_at, flight_from = excluded.flight_from,
                flight_note = excluded.flight_note
            """,
            [
                deviceID, settings.isEnabled, settings.mode.word, settings.isManagedAllowed,
                settings.blockedUntil, settings.blockedSeconds, attempts, settings.interruptions, flight?.deployment,
                flight?.state.storedWord, flight?.progress, flight?.changedAt, flight?.from, flight?.note ?? "",
            ])
    }

    static func remove(_ deviceID: String, in db: Database) throws {
        try db.run("DELETE FROM device_updates WHERE device_id = ?", [deviceID])
    }

    /// Devices whose update said nothing since a moment, or, by a clock that was set back, will have spoken later than
    /// another.
    static func silent(since moment: Int64, orLaterThan end: Int64, limit: Int, in db: Database) throws -> [String] {
        try db.values(
            """
            SELECT device_id FROM device_updates
            WHERE flight_state IS NOT NULL AND (flight_changed_at < ? OR flight_changed_at > ?)
            ORDER BY flight_changed_at LIMIT ?
            """, [moment, end, limit], as: String.self)
    }

    /// Whether a device would wait longer than it was to wait from the beginning.
    static func hasLongBlocks(now: Int64, in db: Database) throws -> Bool {
        try db.value(
            """
            SELECT EXISTS (SELECT 1 FROM device_updates
                WHERE blocked_until IS NOT NULL AND blocked_until > ?1 + blocked_seconds)
            """, [now], as: Bool.self) ?? false
    }

    /// Lets no device wait longer than it was to wait from the beginning, which a clock that was set back would do.
    static func shortenBlocks(now: Int64, in db: Database) throws {
        try db.run(
            """
            UPDATE device_updates SET blocked_until = ?1 + blocked_seconds
            WHERE blocked_until IS NOT NULL AND blocked_until > ?1 + blocked_seconds
            """, [now])
    }

    private static func settings(_ row: borrowing SQLColumns) throws -> UpdateSettings {
        var settings = UpdateSettings(blockedUntil: row[3], seconds: row[4])
        settings.isEnabled = row[0]
        settings.mode = UpdateMode(word: row[1]) ?? .off
        settings.isManagedAllowed = row[2]
        settings.attempts = (try? JSONDecoder().decode([Int64].self, from: Data((row[5] as String).utf8))) ?? []
        settings.interruptions = row[6]
        if let word: String = row[8], let state = UpdateFlight.State(storedWord: word) {
            settings.flight = UpdateFlight(
                deployment: row[7], state: state, progress: row[9], changedAt: row[10], from: row[11], note: row[12])
        }
        return settings
    }
}
