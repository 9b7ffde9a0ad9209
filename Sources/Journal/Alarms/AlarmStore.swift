internal import GRDB
internal import Store

/// SQL of the table `alarm`. Of a kind and a subject at most one stands; the ones that cleared are kept for a while.
enum AlarmStore {
    /// Alarms of a kind that stand, among what the store knows to be absent.
    static func name(_ kind: AlarmKind) -> String { kind.rawValue }

    static func addMigrations(to migrator: inout some MigrationRegister) {
        migrator.register("registry-0007-alarm") { db in
            try db.execute(
                sql: """
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
        try Row.fetchOne(
            db.cachedStatement(
                sql: "SELECT \(columns) FROM alarm WHERE kind = ? AND subject = ? AND cleared_at IS NULL"),
            arguments: [kind.rawValue, subject]
        ).flatMap(alarm)
    }

    static func isStanding(_ kind: AlarmKind, in db: Database) throws -> Bool {
        try db.first(
            "SELECT EXISTS (SELECT 1 FROM alarm WHERE kind = ? AND cleared_at IS NULL)", [.string(kind.rawValue)]
        ) { $0.integer(0) != 0 } ?? false
    }

    static func standing(_ id: Int64, in db: Database) throws -> Alarm? {
        try Row.fetchOne(
            db, sql: "SELECT \(columns) FROM alarm WHERE id = ? AND cleared_at IS NULL", arguments: [id]
        ).flatMap(alarm)
    }

    static func subjects(of kind: AlarmKind, in db: Database) throws -> [String] {
        try String.fetchAll(
            db, sql: "SELECT subject FROM alarm WHERE kind = ? AND cleared_at IS NULL", arguments: [kind.rawValue])
    }

    /// Newest first, below a number; those that stand and nobody took note of, or all.
    static func page(all: Bool, before: Int64, limit: Int, in db: Database) throws -> [Alarm] {
        try Row.fetchAll(
            db,
            sql: """
                SELECT \(columns) FROM alarm
                WHERE id < ?1 AND (?2 OR (cleared_at IS NULL AND acknowledged_at IS NULL)) ORDER BY id DESC LIMIT ?3
                """, arguments: [before, all, limit]
        ).compactMap(alarm)
    }

    static func counts(in db: Database) throws -> [AlarmKind: Int] {
        var counts: [AlarmKind: Int] = [:]
        let rows = try Row.fetchAll(
            db,
            sql: """
                SELECT kind, count(*) FROM alarm WHERE cleared_at IS NULL AND acknowledged_at IS NULL GROUP BY kind
                """)
        for row in rows {
            if let kind = AlarmKind(rawValue: row[0]) { counts[kind] = row[1] }
        }
        return counts
    }

    static func insert(
        _ kind: AlarmKind, _ subject: String, detail: String, at: Int64, count: Int, in db: Database
    ) throws {
        try db.execute(
            sql: """
                INSERT INTO alarm (kind, subject, detail, first_seen, last_seen, count) VALUES (?1, ?2, ?3, ?4, ?4, ?5)
                """, arguments: [kind.rawValue, subject, detail, at, count])
    }

    static func update(
        _ id: Int64, detail: String, at: Int64, occurrences: Int, isNews: Bool, in db: Database
    ) throws {
        try db.execute(
            sql: """
                UPDATE alarm SET detail = ?1, last_seen = ?2, count = count + ?3,
                    acknowledged_at = iif(?4, NULL, acknowledged_at), acknowledged_by = iif(?4, NULL, acknowledged_by)
                WHERE id = ?5
                """, arguments: [detail, at, occurrences, isNews, id])
    }

    static func acknowledge(_ id: Int64, at: Int64, by name: String, in db: Database) throws {
        try db.execute(
            sql: "UPDATE alarm SET acknowledged_at = ?, acknowledged_by = ? WHERE id = ?", arguments: [at, name, id])
    }

    /// Answers whether it stood.
    static func clear(_ kind: AlarmKind, _ subject: String, at: Int64, in db: Database) throws -> Bool {
        try db.cachedStatement(
            sql: "UPDATE alarm SET cleared_at = ? WHERE kind = ? AND subject = ? AND cleared_at IS NULL"
        ).execute(arguments: [at, kind.rawValue, subject])
        return db.changesCount > 0
    }

    /// Removes what cleared before a moment, and beyond a number of lines the oldest, cleared ones first.
    static func trim(clearedBefore: Int64, to limit: Int, in db: Database) throws {
        try db.execute(sql: "DELETE FROM alarm WHERE cleared_at < ?", arguments: [clearedBefore])
        try db.execute(
            sql: """
                DELETE FROM alarm WHERE id IN (
                    SELECT id FROM alarm ORDER BY cleared_at IS NULL, id LIMIT max(0, (SELECT count(*) FROM alarm) - ?))
                """, arguments: [limit])
    }

    // MARK: - Reports of devices

    /// Counts a device's reports of a day; answers the number with this one.
    static func countReport(_ device: String, day: Int64, in db: Database) throws -> Int {
        try Int.fetchOne(
            db,
            sql: """
                INSERT INTO report VALUES (?1, ?2, 1)
                ON CONFLICT (device_id) DO UPDATE SET count = iif(day = ?2, count + 1, 1), day = ?2
                RETURNING count
                """, arguments: [device, day]) ?? 1
    }

    static func removeReports(before day: Int64, in db: Database) throws {
        try db.execute(sql: "DELETE FROM report WHERE day < ?", arguments: [day])
    }

    private static func alarm(_ row: Row) -> Alarm? {
        guard let kind = AlarmKind(rawValue: row[1]) else { return nil }
        return Alarm(
            id: row[0], kind: kind, subject: row[2], detail: row[3], firstSeen: row[4], lastSeen: row[5],
            count: row[6], acknowledgedAt: row[7], acknowledgedBy: row[8], clearedAt: row[9])
    }
}
