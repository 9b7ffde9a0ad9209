/// Small values that must survive a restart and belong to no record: counters, the hub's identity, the check of the
/// key.
package enum Settings {
    static func addMigrations(to migrations: inout MigrationList) {
        migrations.register("store-0001-setting") { db in
            try db.script(
                "CREATE TABLE setting (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID")
        }
    }

    /// The bytes stored under a name, `nil` when there are none.
    package static func value(_ name: String, in db: Database) throws -> [UInt8]? {
        try db.first("SELECT value FROM setting WHERE name = ?", [.string(name)]) { $0.bytes(0) }
    }

    /// Stores bytes under a name, replacing what was there.
    package static func set(_ name: String, to value: [UInt8], in db: Database) throws {
        try db.run(
            "INSERT INTO setting VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            [.string(name), .bytes(value)])
    }
}
