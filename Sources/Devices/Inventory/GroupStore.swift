package import Filters
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
    static func addMigrations(to migrator: inout MigrationList) {
        migrator.register("registry-0014-group") { db in
            try db.script(
                """
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
        try db.all(
            """
            SELECT name, NULL, count(*) FROM group_member GROUP BY name
            UNION ALL SELECT name, filter, 0 FROM dynamic_group ORDER BY 1
            """
        ) { row in
            DeviceGroup(name: row[0], filter: (row[1] as String?).flatMap(filter), members: row[2])
        }
    }

    static func group(of deviceID: String, in db: Database) throws -> String? {
        try db.value("SELECT name FROM group_member WHERE device_id = ?", [deviceID], as: String.self)
    }

    static func isStatic(_ name: String, in db: Database) throws -> Bool {
        try db.value("SELECT EXISTS (SELECT 1 FROM group_member WHERE name = ?)", [name], as: Bool.self) ?? false
    }

    /// The filter of a dynamic group; `nil` when there is none of that name.
    static func filter(of name: String, in db: Database) throws -> InventoryFilter? {
        try db.value("SELECT filter FROM dynamic_group WHERE name = ?", [name], as: String.self).flatMap(filter)
    }

    static func dynamicCount(in db: Database) throws -> Int {
        try db.value("SELECT count(*) FROM dynamic_group", as: Int.self) ?? 0
    }

    static func insert(_ name: String, _ filter: InventoryFilter, in db: Database) throws {
        try db.run("INSERT INTO dynamic_group VALUES (?, ?)", [name, AttributeStore.text(filter.json)])
    }

    /// - Returns: whether there was one.
    static func removeDynamic(_ name: String, in db: Database) throws -> Bool {
        try db.run("DELETE FROM dynamic_group WHERE name = ?", [name]) > 0
    }

    /// - Returns: whether that changed anything.
    static func put(_ deviceID: String, in name: String, in db: Database) throws -> Bool {
        try db.run(
            """
            INSERT INTO group_member VALUES (?1, ?2) ON CONFLICT (device_id) DO UPDATE SET name = ?2
            WHERE group_member.name <> ?2
            """, [deviceID, name]) > 0
    }

    /// - Returns: whether the device was in that group.
    static func remove(_ deviceID: String, from name: String, in db: Database) throws -> Bool {
        try db.run("DELETE FROM group_member WHERE device_id = ? AND name = ?", [deviceID, name]) > 0
    }

    static func remove(_ deviceID: String, in db: Database) throws {
        try db.run("DELETE FROM group_member WHERE device_id = ?", [deviceID])
    }

    /// - Returns: how many members it had.
    static func removeAll(from name: String, in db: Database) throws -> Int {
        try db.run("DELETE FROM group_member WHERE name = ?", [name])
    }

    private static func filter(_ text: String) -> InventoryFilter? {
        try? InventoryFilter(stored: text)
    }
}
