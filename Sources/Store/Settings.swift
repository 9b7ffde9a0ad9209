internal import Foundation
internal import GRDB

/// Small values that must survive a restart and belong to no record: counters, the hub's identity, the check of the
/// key.
package enum Settings {
    static func addMigrations(to migrator: inout DatabaseMigrator) {
        migrator.registerMigration("store-0001-setting") { db in
            try db.execute(
                sql: "CREATE TABLE setting (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID")
        }
    }

    /// The bytes stored under a name, `nil` when there are none.
    package static func value(_ name: String, in db: Database) throws -> [UInt8]? {
        try Row.fetchOne(db, sql: "SELECT value FROM setting WHERE name = ?", arguments: [name])
            .map { row in [UInt8](row["value"] as Data) }
    }

    /// Stores bytes under a name, replacing what was there.
    package static func set(_ name: String, to value: [UInt8], in db: Database) throws {
        try db.execute(
            sql: "INSERT INTO setting VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            arguments: [name, Data(value)])
    }
}
