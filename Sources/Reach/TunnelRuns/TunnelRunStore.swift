internal import Store

/// SQL of the table `tunnel_run`: one row about the present or last run of the tunnel server.
enum TunnelRunStore {
    static func addMigrations(to migrator: inout MigrationList) {
        migrator.register("registry-0017-tunnel-run") { db in
            try db.script(
                """
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
            """
            INSERT INTO tunnel_run (id, next, sequence, is_over) VALUES (1, ?1, ?2, 0)
            ON CONFLICT (id) DO UPDATE SET next = ?1, sequence = ?2, is_over = 0
            """, [.integer(next), .integer(sequence)])
    }

    static func end(next: Int64, in db: Database) throws {
        try db.run(
            "UPDATE tunnel_run SET next = CASE WHEN next < ?1 THEN ?1 ELSE next END, is_over = 1 WHERE id = 1",
            [.integer(next)])
    }
}
