internal import Store

/// SQL of the table `cosign_keyset`: key sets by project and version.
enum KeySetStore {
    static func addMigrations(to migrator: inout MigrationList) {
        migrator.register("registry-0029-cosign-keyset") { db in
            try db.script(
                """
                CREATE TABLE cosign_keyset (
                    project_id TEXT NOT NULL REFERENCES cosign_project (id) ON DELETE CASCADE,
                    version INTEGER NOT NULL, message BLOB NOT NULL,
                    PRIMARY KEY (project_id, version)) STRICT, WITHOUT ROWID;
                """)
        }
    }

    static func insert(_ message: [UInt8], version: Int64, project: String, in db: Database) throws {
        try db.run(
            "INSERT INTO cosign_keyset (project_id, version, message) VALUES (?, ?, ?)", [project, version, message])
    }

    static func find(version: Int64, project: String, in db: Database) throws -> [UInt8]? {
        try db.value(
            "SELECT message FROM cosign_keyset WHERE project_id = ? AND version = ?", [project, version],
            as: [UInt8].self)
    }
}
