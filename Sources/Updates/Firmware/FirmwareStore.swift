internal import Store

/// SQL of the table `firmware`: what devices can check of an artifact while it arrives, and the UUID they know it by.
enum FirmwareStore {
    static func addMigrations(to migrator: inout MigrationList) {
        migrator.register("updates-0005-firmware") { db in
            try db.script(
                """
                CREATE TABLE firmware (
                    uuid TEXT PRIMARY KEY, artifact_id TEXT NOT NULL UNIQUE REFERENCES artifact (id) ON DELETE CASCADE,
                    parts BLOB NOT NULL) STRICT, WITHOUT ROWID;
                CREATE TABLE firmware_key (
                    name TEXT PRIMARY KEY, purpose TEXT NOT NULL, public_key BLOB NOT NULL,
                    created_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
                """)
        }
    }

    /// - Parameter parts: SHA-256 of each part, one after the other.
    static func insert(_ uuid: String, artifact: String, parts: [UInt8], in db: Database) throws {
        try db.run("INSERT INTO firmware (uuid, artifact_id, parts) VALUES (?, ?, ?)", [uuid, artifact, parts])
    }

    static func artifact(_ uuid: String, in db: Database) throws -> String? {
        try db.value("SELECT artifact_id FROM firmware WHERE uuid = ?", [uuid], as: String.self)
    }

    static func parts(artifact: String, in db: Database) throws -> [UInt8]? {
        try db.value("SELECT parts FROM firmware WHERE artifact_id = ?", [artifact], as: [UInt8].self)
    }

    static func remove(artifact: String, in db: Database) throws {
        try db.run("DELETE FROM firmware WHERE artifact_id = ?", [artifact])
    }
}
