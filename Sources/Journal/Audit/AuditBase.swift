internal import Store

/// Where the trail begins: behind the last event that was pruned. Number and chain of that event are sealed with the
/// trail's key, so that nobody without it can remove events and move the beginning after them.
struct AuditBase: Sendable {
    /// Number of the last event that was removed; 0 when none was.
    var sequence: Int64 = 0
    /// Chain of that event, which the first one left is bound to.
    var chain: [UInt8] = []
    var seal: [UInt8] = []
}

/// SQL of the beginning of the trail.
extension AuditStore {
    /// Events may be deleted up to the beginning, and the beginning moves on only.
    static func addPruneMigration(to migrator: inout MigrationList) {
        migrator.register("registry-0020-audit-base") { db in
            try db.script(
                """
                CREATE TABLE audit_base (
                    id INTEGER PRIMARY KEY CHECK (id = 1), sequence INTEGER NOT NULL, chain BLOB NOT NULL,
                    seal BLOB NOT NULL) STRICT;
                INSERT INTO audit_base VALUES (1, 0, x'', x'');
                CREATE TRIGGER audit_base_forward BEFORE UPDATE ON audit_base WHEN NEW.sequence < OLD.sequence
                    BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;
                CREATE TRIGGER audit_base_no_delete BEFORE DELETE ON audit_base
                    BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;
                DROP TRIGGER audit_no_delete;
                CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
                    WHEN OLD.sequence > (SELECT coalesce(max(sequence), 0) FROM audit_base)
                    BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;
                """)
        }
    }

    static func base(in db: Database) throws -> AuditBase {
        try db.first("SELECT sequence, chain, seal FROM audit_base WHERE id = 1", []) {
            AuditBase(sequence: $0.integer(0), chain: $0.bytes(1), seal: $0.bytes(2))
        } ?? AuditBase()
    }

    /// Moves the beginning, and removes what is before it.
    static func cut(at base: AuditBase, in db: Database) throws {
        try db.run(
            "UPDATE audit_base SET sequence = ?, chain = ?, seal = ? WHERE id = 1",
            [.integer(base.sequence), .bytes(base.chain), .bytes(base.seal)])
        try db.run("DELETE FROM audit WHERE sequence <= ?", [.integer(base.sequence)])
    }

    /// Number of the last event before the first one that is not older; at most so many behind a number. The number
    /// itself when there is none.
    static func lastOlder(
        than moment: Int64, after sequence: Int64, limit: Int64, in db: Database
    ) throws -> Int64 {
        let end = sequence + limit
        let young = try db.value(
            "SELECT min(sequence) FROM audit WHERE sequence > ? AND sequence <= ? AND at >= ?",
            [sequence, end, moment], as: Int64.self)
        if let young { return young - 1 }
        let last = try db.value("SELECT max(sequence) FROM audit WHERE sequence <= ?", [end], as: Int64.self)
        return max(sequence, last ?? sequence)
    }
}
