internal import Store

/// SQL of the table `alarm`. Of a kind and a subject at most one is active; cleared ones are kept for a while.
enum AlarmStore {
    /// Active alarms of a kind, among what the store knows to be absent.
    static func name(_ kind: AlarmKind) -> String { kind.rawValue }

    static func addMigrations(to migrator: inout MigrationList) {
        migrator.register("registry-0007-alarm") { db in
            try db.script(
                """
                CREATE TABLE alarm (
                    id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, subject TEXT NOT NULL, detail TEXT NOT NULL,
                    first_seen INTEGER NOT NULL, last_seen INTEGER NOT NULL, count INTEGER NOT NULL,
                    acknowledged_at INTEGER, acknowledged_by TEXT, cleared_at INTEGER) STRICT;
                CREATE UNIQUE INDEX alarm_standing ON alarm (kind, subject) WHERE cleared_at IS NULL;
                CREATE TABLE report (
                    device_id TEXT PRIMARY KEY, day INTEGER NOT NULL, count INTEGER NOT NULL) STRICT, WITHOUT ROWID;
                """)
        }
    }

    private static let columns = """
        id, kind, subject, detail, first_seen, last_seen, count, acknowledged_at, acknowledged_by, cleared_at
        """

    static func standing(_ kind: AlarmKind, _ subject: String, in db: Database) throws -> Alarm? {
        try db.first(
            "SELECT \(columns) FROM alarm WHERE kind = ? AND subject = ? AND cleared_at IS NULL",
            [kind.rawValue, subject], read: alarm)
    }

    static func isStanding(_ kind: AlarmKind, in db: Database) throws -> Bool {
        try db.first(
            "SELECT EXISTS (SELECT 1 FROM alarm WHERE kind = ? AND cleared_at IS NULL)", [.string(kind.rawValue)]
        ) { $0.integer(0) != 0 } ?? false
    }

    static func standing(_ id: Int64, in db: Database) throws -> Alarm? {
        try db.first("SELECT \(columns) FROM alarm WHERE id = ? AND cleared_at IS NULL", [id], read: alarm)
    }

    static func subjects(of kind: AlarmKind, in db: Database) throws -> [String] {
        try db.values(
            "SELECT subject FROM alarm WHERE kind = ? AND cleared_at IS NULL", [kind.rawValue], as: String.self)
    }

    /// Newest first, below a number; active ones that nobody has acknowledged, or all.
    static func page(all: Bool, before: Int64, limit: Int, in db: Database) throws -> [Alarm] {
        try db.all(
            """
            SELECT \(columns) FROM alarm
            WHERE id < ?1 AND (?2 = 1 OR (cleared_at IS NULL AND acknowledged_at IS NULL)) ORDER BY id DESC LIMIT ?3
            """, [before, all, limit], read: alarm)
    }

    static func counts(in db: Database) throws -> [AlarmKind: Int] {
        var counts: [AlarmKind: Int] = [:]
        try db.each(
            """
            SELECT kind, count(*) FROM alarm WHERE cleared_at IS NULL AND acknowledged_at IS NULL GROUP BY kind
            """
        ) { row in
            if let kind = AlarmKind(rawValue: row[0]) { counts[kind] = row[1] }
            return true
        }
        return counts
    }

    static func insert(
        _ kind: AlarmKind, _ subject: String, detail: String, at: Int64, count: Int, in db: Database
    ) throws {
        try db.run(
            """
            INSERT INTO alarm (kind, subject, detail, first_seen, last_seen, count) VALUES (?1, ?2, ?3, ?4, ?4, ?5)
            """, [kind.rawValue, subject, detail, at, count])
    }

    static func update(
        _ id: Int64, detail: String, at: Int64, occurrences: Int, isNews: Bool, in db: Database
    ) throws {
        try db.run(
            """
            UPDATE alarm SET detail = ?1, last_seen = ?2, count = count + ?3,
                acknowledged_at = CASE WHEN ?4 = 1 THEN NULL ELSE acknowledged_at END,
                acknowledged_by = CASE WHEN ?4 = 1 THEN NULL ELSE acknowledged_by END
            WHERE id = ?5
            """, [detail, at, occurrences, isNews, id])
    }

    static func acknowledge(_ id: Int64, at: Int64, by name: String, in db: Database) throws {
        try db.run("UPDATE alarm SET acknowledged_at = ?, acknowledged_by = ? WHERE id = ?", [at, name, id])
    }

    /// Returns whether it was active.
    static func clear(_ kind: AlarmKind, _ subject: String, at: Int64, in db: Database) throws -> Bool {
        try db.run(
            "UPDATE alarm SET cleared_at = ? WHERE kind = ? AND subject = ? AND cleared_at IS NULL",
            [at, kind.rawValue, subject]) > 0
    }

    /// Removes what cleared before a moment, and beyond a number of lines the oldest, cleared ones first.
    static func trim(clearedBefore: Int64, to limit: Int, in db: Database) throws {
        try db.run("DELETE FROM alarm WHERE cleared_at < ?", [clearedBefore])
        let count = try db.value("SELECT count(*) FROM alarm", as: Int.self) ?? 0
        try db.run(
            """
            DELETE FROM alarm WHERE id IN (
                SELECT id FROM alarm ORDER BY cleared_at IS NULL, id LIMIT ?)
            """, [max(0, count - limit)])
    }

    // MARK: - Reports of devices

    /// Counts a device's reports of a day; answers the number with this one.
    static func countReport(_ device: String, day: Int64, in db: Database) throws -> Int {
        try db.value(
            """
            INSERT INTO report VALUES (?1, ?2, 1)
            ON CONFLICT (device_id) DO UPDATE
            SET count = CASE WHEN report.day = ?2 THEN report.count + 1 ELSE 1 END, day = ?2
            RETURNING count
            """, [device, day], as: Int.self) ?? 1
    }

    static func removeReports(before day: Int64, in db: Database) throws {
        try db.run("DELETE FROM report WHERE day < ?", [day])
    }

    private static func alarm(_ row: borrowing SQLColumns) -> Alarm? {
        guard let kind = AlarmKind(rawValue: row[1]) else { return nil }
        return Alarm(
            id: row[0], kind: kind, subject: row[2], detail: row[3], firstSeen: row[4], lastSeen: row[5],
            count: row[6], acknowledgedAt: row[7], acknowledgedBy: row[8], clearedAt: row[9])
    }
}
