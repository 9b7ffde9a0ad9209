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
                CREATE TABLE cosign_trust (
                    project_id TEXT NOT NULL REFERENCES cosign_project (id) ON DELETE CASCADE,
                    version INTEGER NOT NULL, document BLOB NOT NULL,
                    PRIMARY KEY (project_id, version)) STRICT, WITHOUT ROWID;
                """)
        }
    }

    static func insert(_ message: [UInt8], version: Int64, project: String, in db: Database) throws {
        try db.run(
            "INSERT INTO cosign_keyset (project_id, version, message) VALUES (?, ?, ?)", [project, version, message])
    }

    /// Keeps what devices trust at a version, whatever becomes of the keys at the hub.
    static func insertTrust(_ document: [UInt8], version: Int64, project: String, in db: Database) throws {
        try db.run(
            "INSERT INTO cosign_trust (project_id, version, document) VALUES (?, ?, ?)", [project, version, document])
    }

    static func trust(version: Int64, project: String, in db: Database) throws -> [UInt8]? {
        try db.value(
            "SELECT document FROM cosign_trust WHERE project_id = ? AND version = ?", [project, version],
            as: [UInt8].self)
    }

    static func find(version: Int64, project: String, in db: Database) throws -> [UInt8]? {
        try db.value(
            "SELECT message FROM cosign_keyset WHERE project_id = ? AND version = ?", [project, version],
            as: [UInt8].self)
    }
}
