internal import Encoding
internal import Filters
internal import Foundation
internal import GRDB
internal import Store
internal import Wire

/// SQL of the tables `attribute` and `inventory`.
///
/// Names are blobs: text in SQLite ends at a zero byte, and a device may name its attributes as it likes. Values are
/// JSON, where every control character is escaped.
enum AttributeStore {
    static func addMigrations(to migrator: inout some MigrationRegister) {
        migrator.register("registry-0013-attribute") { db in
            try db.execute(
                sql: """
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
        try Row.fetchOne(
            db.cachedStatement(sql: "SELECT digest, reported_at FROM inventory WHERE device_id = ?"),
            arguments: [deviceID]
        ).map { row in ((row[0] as Data?).map { [UInt8]($0) }, row[1]) }
    }

    static func setReport(_ digest: [UInt8]?, at seconds: Int64, of deviceID: String, in db: Database) throws {
        try db.cachedStatement(
            sql: """
                INSERT INTO inventory VALUES (?1, ?2, ?3)
                ON CONFLICT (device_id) DO UPDATE SET digest = ?2, reported_at = ?3
                """
        ).execute(arguments: [deviceID, digest.map { Data($0) }, seconds])
    }

    /// A device's stored attributes, by scope and name.
    ///
    /// - Parameter scope: `nil` for all.
    static func all(of deviceID: String, scope: InventoryScope?, in db: Database) throws -> [InventoryAttribute] {
        try Row.fetchAll(
            db.cachedStatement(
                sql: """
                    SELECT scope, name, value, description, at FROM attribute
                    WHERE device_id = ?1 AND (?2 IS NULL OR scope = ?2) ORDER BY scope, name
                    """), arguments: [deviceID, scope?.rawValue]
        ).compactMap(attribute)
    }

    static func value(_ key: AttributeKey, of deviceID: String, in db: Database) throws -> AttributeValue? {
        try String.fetchOne(
            db.cachedStatement(
                sql: "SELECT value FROM attribute WHERE device_id = ? AND scope = ? AND name = ?"),
            arguments: [deviceID, key.scope.rawValue, Data(key.name.utf8)]
        ).flatMap(parse)
    }

    static func save(_ attribute: InventoryAttribute, of deviceID: String, in db: Database) throws {
        try db.cachedStatement(
            sql: """
                INSERT INTO attribute VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (device_id, scope, name)
                DO UPDATE SET value = ?4, description = ?5, at = ?6
                """
        ).execute(
            arguments: [
                deviceID, attribute.scope.rawValue, Data(attribute.name.utf8), text(attribute.value.json),
                attribute.description.map { text(.string($0)) }, attribute.at,
            ])
    }

    static func remove(_ name: String, scope: InventoryScope, of deviceID: String, in db: Database) throws {
        try db.cachedStatement(sql: "DELETE FROM attribute WHERE device_id = ? AND scope = ? AND name = ?").execute(
            arguments: [deviceID, scope.rawValue, Data(name.utf8)])
    }

    /// Forgets everything a device reported and everything written about it.
    static func removeAll(of deviceID: String, in db: Database) throws {
        try db.execute(sql: "DELETE FROM attribute WHERE device_id = ?", arguments: [deviceID])
        try db.execute(sql: "DELETE FROM inventory WHERE device_id = ?", arguments: [deviceID])
    }

    /// Names in use, with the number of devices that have them.
    static func names(limit: Int, in db: Database) throws -> [(key: AttributeKey, count: Int)] {
        let rows = try Row.fetchAll(
            db,
            sql: """
                SELECT scope, name, count(*) FROM attribute GROUP BY scope, name
                UNION ALL SELECT 'identity', CAST(json_each.key AS BLOB), count(*) FROM identity, json_each(identity.data)
                    GROUP BY json_each.key
                ORDER BY 3 DESC, 1, 2 LIMIT ?
                """, arguments: [limit])
        return rows.compactMap { row in
            InventoryScope(rawValue: row[0]).map { scope in
                (AttributeKey(scope, String(decoding: row[1] as Data, as: UTF8.self)), row[2])
            }
        }
    }

    static func text(_ json: JSONValue) -> String {
        String(decoding: json.encoded(), as: UTF8.self)
    }

    private static func parse(_ text: String) -> AttributeValue? {
        (try? JSONValue(parsing: Array(text.utf8), limits: InventoryReport.limits)).flatMap(AttributeValue.init)
    }

    private static func attribute(_ row: Row) -> InventoryAttribute? {
        guard let scope = InventoryScope(rawValue: row[0]), let value = parse(row[2]) else { return nil }
        let description = (row[3] as String?).flatMap { text in
            (try? JSONValue(parsing: Array(text.utf8), limits: InventoryReport.limits))?.string
        }
        return InventoryAttribute(
            scope: scope, name: String(decoding: row[1] as Data, as: UTF8.self), value: value,
            description: description, at: row[4])
    }
}
