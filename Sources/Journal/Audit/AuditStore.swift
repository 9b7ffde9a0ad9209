internal import Foundation
internal import PKI
internal import Store

/// SQL of the audit trail: an append-only table, each line bound to the one before by an HMAC.
///
/// The head (last sequence, and an HMAC over it and the last line's) is kept apart, so that cutting lines off the end
/// is noticed as well. The key is derived from the store's key, so nobody who can only write the database file can
/// forge a line.
enum AuditStore {
    static func addMigrations(to migrator: inout MigrationList) {
        migrator.register("registry-0001-audit") { db in
            try db.script(
                """
                CREATE TABLE audit (
                    sequence INTEGER PRIMARY KEY, at INTEGER NOT NULL, requester TEXT NOT NULL, address TEXT NOT NULL,
                    action TEXT NOT NULL, subject TEXT NOT NULL, detail TEXT NOT NULL, chain BLOB NOT NULL) STRICT;
                CREATE TABLE audit_head (
                    id INTEGER PRIMARY KEY CHECK (id = 1), sequence INTEGER NOT NULL, chain BLOB NOT NULL) STRICT;
                INSERT INTO audit_head VALUES (1, 0, x'');
                CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit
                    BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;
                CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
                    BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;
                """)
        }
    }

    /// Number of the last event, and the seal over number and chain.
    static func head(in db: Database) throws -> (sequence: Int64, seal: [UInt8]) {
        try db.first("SELECT sequence, chain FROM audit_head WHERE id = 1", []) { ($0.integer(0), $0.bytes(1)) }
            ?? (0, [])
    }

    /// What the next event follows.
    static func tail(in db: Database) throws -> AuditTail {
        let head = try head(in: db)
        let chain = try db.first("SELECT chain FROM audit WHERE sequence = ?", [.integer(head.sequence)]) {
            $0.bytes(0)
        }
        return AuditTail(sequence: head.sequence, chain: chain ?? [], seal: head.seal)
    }

    /// Moves the head on; false when it is not where the caller thinks.
    static func advance(from old: AuditTail, to new: AuditTail, in db: Database) throws -> Bool {
        try db.run(
            "UPDATE audit_head SET sequence = ?, chain = ? WHERE id = 1 AND sequence = ? AND chain = ?",
            [.integer(new.sequence), .bytes(new.seal), .integer(old.sequence), .bytes(old.seal)]) > 0
    }

    static func insert(_ event: AuditEvent, chain: [UInt8], in db: Database) throws {
        try db.run(
            "INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [
                .integer(event.sequence), .integer(event.at), .string(event.requester.name),
                .string(event.requester.address), .string(event.action), .string(event.subject), .string(event.detail),
                .bytes(chain),
            ])
    }

    /// Most lines that one page looks at: there is no index but the number, and a filter may fit none of millions.
    static let span: Int64 = 50_000

    /// The events a query asks for among the next ``span`` lines, and where the next page begins.
    static func page(_ query: AuditQuery, in db: Database) throws -> AuditPage {
        let last = max(0, try db.value("SELECT max(sequence) FROM audit", as: Int64.self) ?? 0)
        switch query.order {
        case .newestFirst(let before):
            let top = before.map { min(max($0, 1) - 1, last) } ?? last
            let first = try base(in: db).sequence + 1
            guard top >= first else { return AuditPage(events: [], next: nil) }
            let low = max(first, top - span + 1)
            let events = try events(query, low...top, order: "DESC", in: db)
            if events.count == query.limit { return AuditPage(events: events, next: events.last?.sequence) }
            let isOver = try low <= first || isOlder(low...top, than: query.since, in: db)
            return AuditPage(events: events, next: isOver ? nil : low)
        case .oldestFirst(let after):
            let low = min(max(after, try base(in: db).sequence), last) + 1
            guard low <= last else { return AuditPage(events: [], next: last) }
            let top = last - low < span ? last : low + span - 1
            let events = try events(query, low...top, order: "ASC", in: db)
            return AuditPage(events: events, next: events.count == query.limit ? events.last?.sequence : top)
        }
    }

    private static func events(
        _ query: AuditQuery, _ sequences: ClosedRange<Int64>, order: String, in db: Database
    ) throws -> [AuditEvent] {
        try db.all(
            """
            SELECT sequence, at, requester, address, action, subject, detail FROM audit
            WHERE sequence BETWEEN ?1 AND ?2 AND (?3 IS NULL OR subject = ?3)
                AND (?4 IS NULL OR substr(action, 1, length(?4)) = ?4) AND (?5 IS NULL OR at >= ?5)
            ORDER BY sequence \(order) LIMIT ?6
            """,
            [
                sequences.lowerBound, sequences.upperBound, query.subject, query.action, query.since, query.limit,
            ], read: event)
    }

    /// Whether no line of these is as young as asked for. One line does not tell: a clock may have been wrong for a
    /// while.
    private static func isOlder(_ sequences: ClosedRange<Int64>, than since: Int64?, in db: Database) throws -> Bool {
        guard let since else { return false }
        let youngest = try db.value(
            "SELECT max(at) FROM audit WHERE sequence BETWEEN ? AND ?", [sequences.lowerBound, sequences.upperBound],
            as: Int64.self)
        return youngest.map { $0 < since } ?? true
    }

    /// Walks the trail from its start, up to a number when there is one; stops at the first line for which `visit`
    /// answers false.
    static func walk(through last: Int64?, in db: Database, visit: (AuditEvent, [UInt8]) -> Bool) throws {
        try db.each(
            """
            SELECT sequence, at, requester, address, action, subject, detail, chain FROM audit
            WHERE sequence <= ? ORDER BY sequence
            """, [last ?? Int64.max]
        ) { row in visit(event(row), row[7]) }
    }

    private static func event(_ row: borrowing SQLColumns) -> AuditEvent {
        AuditEvent(
            sequence: row[0], at: row[1], requester: Requester(name: row[2], address: row[3]), action: row[4],
            subject: row[5], detail: row[6])
    }

    static func visit(
        _ actions: [String], after sequence: Int64, in db: Database, visit: (String, String) -> Void
    ) throws {
        try db.each(
            "SELECT action, detail FROM audit WHERE sequence > ? AND action IN \(SQLText.list(actions.count)) ORDER BY sequence",
            [sequence] + actions
        ) { row in
            visit(row[0], row[1])
            return true
        }
    }
}
