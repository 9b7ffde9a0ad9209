internal import Encoding
internal import Filters
internal import Foundation
internal import Store
internal import Wire

/// SQL of the tables `attribute` and `inventory`.
///
/// Names are blobs: text in SQLite ends at a zero byte, and a device may name its attributes as it likes. Values are
/// JSON, where every control character is escaped.
enum AttributeStore {
    static func addMigrations(to migrator: inout MigrationList) {
        migrator.register("registry-0013-attribute") { db in
            try db.script(
                """
                CREATE TABLE attribute (
                    device_id TEXT NOT NULL REFERENCES device (id) ON DELETE CASCADE, scope TEXT NOT NULL,
                    name BLOB NOT NULL, value TEXT NOT NULL, description TEXT, at INTEGER NOT NULL,
                    PRIMARY KEY (device_id, scope, name)) STRICT, WITHOUT ROWID;
                CREATE INDEX attribute_value ON attribute (scope, name, substr(value, 1, 32));
                CREATE TABLE inventory (
                    device_id TEXT PRIMARY KEY REFERENCES device (id) ON DELETE CASCADE, digest BLOB,
                    reported_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
                """)
        }
    }

    /// SHA-256 of the last whole report, `nil` after a partial one, and when the last report came.
    static func report(of deviceID: String, in db: Database) throws -> (digest: [UInt8]?, at: Int64)? {
        try db.first("SELECT digest, reported_at FROM inventory WHERE device_id = ?", [deviceID]) { row in
            (row[0], row[1])
        }
    }

    static func setReport(_ digest: [UInt8]?, at seconds: Int64, of deviceID: String, in db: Database) throws {
        try db.run(
            """
            INSERT INTO inventory VALUES (?1, ?2, ?3)
            ON CONFLICT (device_id) DO UPDATE SET digest = ?2, reported_at = ?3
            """, [deviceID, digest, seconds])
    }

    /// A device's stored attributes, by scope and name.
    ///
    /// - Parameter scope: `nil` for all.
    static func all(of deviceID: String, scope: InventoryScope?, in db: Database) throws -> [InventoryAttribute] {
        try db.all(
            """
            SELECT scope, name, value, description, at FROM attribute
            WHERE device_id = ?1 AND (?2 IS NULL OR scope = ?2) ORDER BY scope, name
            """, [deviceID, scope?.rawValue], read: attribute)
    }

    static func value(_ key: AttributeKey, of deviceID: String, in db: Database) throws -> AttributeValue? {
        try db.value(
            "SELECT value FROM attribute WHERE device_id = ? AND scope = ? AND name = ?",
            [deviceID, key.scope.rawValue, Array(key.name.utf8)], as: String.self
        ).flatMap(parse)
    }

    /// IDs of approved devices that have an attribute, whatever its value.
    static func approvedDevices(with key: AttributeKey, in db: Database) throws -> [String] {
        try db.values(
            """
            SELECT device.id FROM attribute JOIN device ON device.id = attribute.device_id
            WHERE attribute.scope = ? AND attribute.name = ? AND device.state = 'approved' ORDER BY device.id
            """, [key.scope.rawValue, Array(key.name.utf8)], as: String.self)
    }

    static func save(_ attribute: InventoryAttribute, of deviceID: String, in db: Database) throws {
        try db.run(
            """
            INSERT INTO attribute VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (device_id, scope, name)
            DO UPDATE SET value = ?4, description = ?5, at = ?6
            """,
            [
                deviceID, attribute.scope.rawValue, Array(attribute.name.utf8), text(attribute.value.json),
                attribute.description.map { text(.string($0)) }, attribute.at,
            ])
    }

    static func remove(_ name: String, scope: InventoryScope, of deviceID: String, in db: Database) throws {
        try db.run(
            "DELETE FROM attribute WHERE device_id = ? AND scope = ? AND name = ?",
            [deviceID, scope.rawValue, Array(name.utf8)])
    }

    /// Forgets everything a device reported and everything written about it.
    static func removeAll(of deviceID: String, in db: Database) throws {
        try db.run("DELETE FROM attribute WHERE device_id = ?", [deviceID])
        try db.run("DELETE FROM inventory WHERE device_id = ?", [deviceID])
    }

    /// Names in use, with the number of devices that have them.
    ///
    /// Those of the scope `identity` are members of what identities say of themselves, which no index knows.
    static func names(limit: Int, in db: Database) throws -> [(key: AttributeKey, count: Int)] {
        var found: [(key: AttributeKey, count: Int)] = try db.all(
            "SELECT scope, name, count(*) FROM attribute GROUP BY scope, name ORDER BY 3 DESC, 1, 2 LIMIT ?", [limit]
        ) { row in
            guard let scope = InventoryScope(rawValue: row[0]) else { return nil }
            return (AttributeKey(scope, String(decoding: row[1] as [UInt8], as: UTF8.self)), row[2])
        }
        var counts: [[UInt8]: Int] = [:]
        try db.each("SELECT data FROM identity") { row in
            for member in (try? JSONValue(parsing: Array((row[0] as String).utf8)))?.members ?? [] {
                counts[Array(member.name.utf8), default: 0] += 1
            }
            return true
        }
        found += counts.map { (AttributeKey(.identity, String(decoding: $0.key, as: UTF8.self)), $0.value) }
        found.sort { one, other in
            (-one.count, one.key.scope.rawValue, one.key.name) < (
                -other.count, other.key.scope.rawValue, other.key.name
            )
        }
        return Array(found.prefix(limit))
    }

    static func text(_ json: JSONValue) -> String {
        String(decoding: json.encoded(), as: UTF8.self)
    }

    private static func parse(_ text: String) -> AttributeValue? {
        (try? JSONValue(parsing: Array(text.utf8), limits: InventoryReport.limits)).flatMap(AttributeValue.init)
    }

    private static func attribute(_ row: borrowing SQLColumns) -> InventoryAttribute? {
        guard let scope = InventoryScope(rawValue: row[0]), let value = parse(row[2]) else { return nil }
        let description = (row[3] as String?).flatMap { text in
            (try? JSONValue(parsing: Array(text.utf8), limits: InventoryReport.limits))?.string
        }
        return InventoryAttribute(
            scope: scope, name: String(decoding: row[1] as [UInt8], as: UTF8.self), value: value,
            description: description, at: row[4])
    }
}
