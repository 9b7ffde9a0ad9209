internal import Encoding
internal import GRDB
internal import Store

/// SQL of the table `tunnel_run`: one row about the present or last run of the tunnel server.
enum TunnelRunStore {
    /// Lines of the trail that are looked at behind a run that did not end in order.
    private static let span: Int64 = 100_000

    static func addMigrations(to migrator: inout DatabaseMigrator) {
        migrator.registerMigration("registry-0017-tunnel-run") { db in
            try db.execute(
                sql: """
                    CREATE TABLE tunnel_run (
                        id INTEGER PRIMARY KEY CHECK (id = 1), next INTEGER NOT NULL, sequence INTEGER NOT NULL,
                        is_over INTEGER NOT NULL) STRICT
                    """)
        }
    }

    /// Number of the first connection of the last run, or when it is over of the one that comes next; the audit trail's
    /// number when it began.
    static func last(in db: Database) throws -> (next: Int64, sequence: Int64, isOver: Bool)? {
        try db.first("SELECT next, sequence, is_over FROM tunnel_run WHERE id = 1", []) {
            ($0.integer(0), $0.integer(1), $0.integer(2) != 0)
        }
    }

    static func begin(next: Int64, sequence: Int64, in db: Database) throws {
        try db.run(
            "INSERT OR REPLACE INTO tunnel_run VALUES (1, ?, ?, 0)", [.integer(next), .integer(sequence)])
    }

    static func end(next: Int64, in db: Database) throws {
        try db.run("UPDATE tunnel_run SET next = max(next, ?), is_over = 1 WHERE id = 1", [.integer(next)])
    }

    /// What the trail tells about the connections of a run: the highest number, and those whose end it does not tell.
    static func trail(after sequence: Int64, in db: Database) throws -> (highest: Int64, open: [Int64]) {
        let head = try AuditStore.head(in: db).sequence
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT action, detail FROM audit WHERE sequence > ?
                    AND action IN ('tunnel.register', 'tunnel.open', 'tunnel.close') ORDER BY sequence
                """, arguments: [max(sequence, head - span)])
        var highest: Int64 = 0
        var open: Set<Int64> = []
        while let row = try rows.next() {
            let detail: String = row[1]
            guard let value = try? JSONValue(parsing: Array(detail.utf8)),
                let number = value["tunnel"]?.string.flatMap({ Int64($0) }), (1..<Int64.max).contains(number)
            else { continue }
            highest = max(highest, number)
            if row[0] == "tunnel.close" { open.remove(number) } else { open.insert(number) }
        }
        return (highest, open.sorted())
    }
}
