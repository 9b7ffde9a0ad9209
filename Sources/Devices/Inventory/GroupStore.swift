package import Filters
internal import GRDB
internal import Store
internal import Wire

/// A set of devices that is addressed by one name.
package struct DeviceGroup: Sendable, Equatable {
    package let name: String
    /// What makes a device a member; `nil` for a group whose members an operator chose.
    package let filter: InventoryFilter?
    /// Chosen members; of a dynamic group it is not counted.
    package let members: Int
}

/// SQL of the tables `group_member` (a device is in at most one chosen group, which exists while it has members) and
/// `dynamic_group`.
enum GroupStore {
    static func addMigrations(to migrator: inout some MigrationRegister) {
        migrator.register("registry-0014-group") { db in
            try db.execute(
                sql: """
                    CREATE TABLE group_member (
                        device_id TEXT PRIMARY KEY REFERENCES device (id) ON DELETE CASCADE, name TEXT NOT NULL)
                        STRICT, WITHOUT ROWID;
                    CREATE INDEX group_member_name ON group_member (name, device_id);
                    CREATE TABLE dynamic_group (name TEXT PRIMARY KEY, filter TEXT NOT NULL) STRICT, WITHOUT ROWID;
                    """)
        }
    }

    /// Both kinds, by name.
    static func all(in db: Database) throws -> [DeviceGroup] {
        let rows = try Row.fetchAll(
            db,
            sql: """
                SELECT name, NULL, count(*) FROM group_member GROUP BY name
                UNION ALL SELECT name, filter, 0 FROM dynamic_group ORDER BY 1
                """)
        return rows.map { row in
            DeviceGroup(name: row[0], filter: (row[1] as String?).flatMap(filter), members: row[2])
        }
    }

    static func group(of deviceID: String, in db: Database) throws -> String? {
        try String.fetchOne(
            db.cachedStatement(sql: "SELECT name FROM group_member WHERE device_id = ?"), arguments: [deviceID])
    }

    static func isStatic(_ name: String, in db: Database) throws -> Bool {
        try Bool.fetchOne(
            db, sql: "SELECT EXISTS (SELECT 1 FROM group_member WHERE name = ?)", arguments: [name]) ?? false
    }

    /// The filter of a dynamic group; `nil` when there is none of that name.
    static func filter(of name: String, in db: Database) throws -> InventoryFilter? {
        try String.fetchOne(
            db.cachedStatement(sql: "SELECT filter FROM dynamic_group WHERE name = ?"), arguments: [name]
        ).flatMap(filter)
    }

    static func dynamicCount(in db: Database) throws -> Int {
        try Int.fetchOne(db, sql: "SELECT count(*) FROM dynamic_group") ?? 0
    }

    static func insert(_ name: String, _ filter: InventoryFilter, in db: Database) throws {
        try db.execute(
            sql: "INSERT INTO dynamic_group VALUES (?, ?)", arguments: [name, AttributeStore.text(filter.json)])
    }

    /// - Returns: whether there was one.
    static func removeDynamic(_ name: String, in db: Database) throws -> Bool {
        try db.execute(sql: "DELETE FROM dynamic_group WHERE name = ?", arguments: [name])
        return db.changesCount > 0
    }

    /// - Returns: whether that changed anything.
    static func put(_ deviceID: String, in name: String, in db: Database) throws -> Bool {
        try db.cachedStatement(
            sql: """
                INSERT INTO group_member VALUES (?1, ?2) ON CONFLICT (device_id) DO UPDATE SET name = ?2
                WHERE name <> ?2
                """
        ).execute(arguments: [deviceID, name])
        return db.changesCount > 0
    }

    /// - Returns: whether the device was in that group.
    static func remove(_ deviceID: String, from name: String, in db: Database) throws -> Bool {
        try db.cachedStatement(sql: "DELETE FROM group_member WHERE device_id = ? AND name = ?").execute(
            arguments: [deviceID, name])
        return db.changesCount > 0
    }

    static func remove(_ deviceID: String, in db: Database) throws {
        try db.execute(sql: "DELETE FROM group_member WHERE device_id = ?", arguments: [deviceID])
    }

    /// - Returns: how many members it had.
    static func removeAll(from name: String, in db: Database) throws -> Int {
        try db.execute(sql: "DELETE FROM group_member WHERE name = ?", arguments: [name])
        return db.changesCount
    }

    private static func filter(_ text: String) -> InventoryFilter? {
        try? InventoryFilter(stored: text)
    }
}
