internal import Encoding
internal import Store
internal import Wire

/// SQL of the table `device_fact`: the newest of what a device told, each kind in a row of its own, as JSON.
enum FactStore {
    /// Kinds of facts; the words are in the store.
    enum Name: String, CaseIterable {
        case health, location, locationFailure, identities, interface, connectionTypes
    }

    static func addMigrations(to migrator: inout MigrationList) {
        migrator.register("registry-0034-health") { db in
            try db.script(
                """
                CREATE TABLE device_fact (
                    device_id TEXT NOT NULL REFERENCES device (id) ON DELETE CASCADE, name TEXT NOT NULL,
                    at INTEGER NOT NULL, value TEXT NOT NULL, PRIMARY KEY (device_id, name)) STRICT, WITHOUT ROWID;
                CREATE TABLE health_sample (
                    device_id TEXT NOT NULL REFERENCES device (id) ON DELETE CASCADE, minute INTEGER NOT NULL,
                    metrics TEXT NOT NULL, PRIMARY KEY (device_id, minute)) STRICT, WITHOUT ROWID;
                CREATE INDEX health_sample_minute ON health_sample (minute);
                CREATE TABLE device_log (
                    device_id TEXT NOT NULL REFERENCES device (id) ON DELETE CASCADE, number INTEGER NOT NULL,
                    at INTEGER NOT NULL, level TEXT NOT NULL, message TEXT NOT NULL, written_at INTEGER,
                    ending INTEGER NOT NULL, PRIMARY KEY (device_id, number)) STRICT, WITHOUT ROWID;
                CREATE INDEX device_log_at ON device_log (at);
                """)
        }
    }

    static func find(_ name: Name, of deviceID: String, in db: Database) throws -> Told<JSONValue>? {
        try db.first(
            "SELECT value, at FROM device_fact WHERE device_id = ? AND name = ?", [deviceID, name.rawValue]
        ) { row in parse(row[0]).map { Told($0, at: row[1]) } }
    }

    static func all(of deviceID: String, in db: Database) throws -> [(name: Name, fact: Told<JSONValue>)] {
        try db.all("SELECT name, value, at FROM device_fact WHERE device_id = ?", [deviceID]) { row in
            guard let name = Name(rawValue: row[0]), let value = parse(row[1]) else { return nil }
            return (name, Told(value, at: row[2]))
        }
    }

    static func save(_ value: JSONValue, as name: Name, at: Int64, of deviceID: String, in db: Database) throws {
        try db.run(
            """
            INSERT INTO device_fact VALUES (?1, ?2, ?3, ?4)
            ON CONFLICT (device_id, name) DO UPDATE SET at = ?3, value = ?4
            """, [deviceID, name.rawValue, at, AttributeStore.text(value)])
    }

    static func remove(_ name: Name, of deviceID: String, in db: Database) throws {
        try db.run("DELETE FROM device_fact WHERE device_id = ? AND name = ?", [deviceID, name.rawValue])
    }

    static func removeAll(of deviceID: String, in db: Database) throws {
        try db.run("DELETE FROM device_fact WHERE device_id = ?", [deviceID])
    }

    /// Nothing was told later than now: the clock was set back.
    static func settle(at now: Int64, in db: Database) throws {
        try db.run("UPDATE device_fact SET at = ?1 WHERE at > ?1", [now])
    }

    /// What a device may have nested, and what is around it.
    static let limits = JSONLimits(bytes: 1 << 20, depth: 64, values: 65_536)

    static func parse(_ text: String) -> JSONValue? {
        try? JSONValue(parsing: Array(text.utf8), limits: limits)
    }
}
