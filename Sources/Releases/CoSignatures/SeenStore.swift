internal import CoSigning
internal import Store

/// SQL of the table `cosign_seen`: ids of messages and tokens that were used, until nobody would accept them any more.
enum SeenStore {
    static func addMigrations(to migrator: inout MigrationList) {
        migrator.register("registry-0028-cosign-seen") { db in
            try db.script(
                """
                CREATE TABLE cosign_seen (
                    project_id TEXT NOT NULL REFERENCES cosign_project (id) ON DELETE CASCADE, jti TEXT NOT NULL,
                    ends_at INTEGER NOT NULL, PRIMARY KEY (project_id, jti)) STRICT, WITHOUT ROWID;
                CREATE INDEX cosign_seen_end ON cosign_seen (ends_at);
                """)
        }
    }

    /// Notes an id as used.
    ///
    /// - Returns: false when it was used before.
    static func insert(_ id: MessageID, project: String, until end: Int64, in db: Database) throws -> Bool {
        try db.run(
            "INSERT INTO cosign_seen (project_id, jti, ends_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            [project, id.text, end]) > 0
    }

    static func removeEnded(now: Int64, in db: Database) throws {
        try db.run("DELETE FROM cosign_seen WHERE ends_at < ?", [now])
    }
}
