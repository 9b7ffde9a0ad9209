internal import Encoding
internal import GRDB
internal import Store
internal import Wire

/// SQL of the table `device_configuration`.
enum ConfigurationStore {
    static func addMigrations(to migrator: inout some MigrationRegister) {
        migrator.register("registry-0015-configuration") { db in
            try db.execute(
                sql: """
                    CREATE TABLE device_configuration (
                        device_id TEXT PRIMARY KEY REFERENCES device (id) ON DELETE CASCADE,
                        configured TEXT NOT NULL DEFAULT '{}', reported TEXT NOT NULL DEFAULT '{}', deployment_id TEXT,
                        configured_at INTEGER, reported_at INTEGER) STRICT, WITHOUT ROWID
                    """)
        }
    }

    static func find(_ deviceID: String, in db: Database) throws -> DeviceConfiguration {
        let row = try Row.fetchOne(
            db.cachedStatement(
                sql: """
                    SELECT configured, reported, deployment_id, configured_at, reported_at FROM device_configuration
                    WHERE device_id = ?
                    """), arguments: [deviceID])
        guard let row else { return DeviceConfiguration() }
        return DeviceConfiguration(
            configured: settings(row[0]), reported: settings(row[1]), deploymentID: row[2], configuredAt: row[3],
            reportedAt: row[4])
    }

    static func save(_ configuration: DeviceConfiguration, of deviceID: String, in db: Database) throws {
        try db.cachedStatement(
            sql: """
                INSERT INTO device_configuration VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (device_id) DO UPDATE
                SET configured = ?2, reported = ?3, deployment_id = ?4, configured_at = ?5, reported_at = ?6
                """
        ).execute(
            arguments: [
                deviceID, AttributeStore.text(configuration.configured.json),
                AttributeStore.text(configuration.reported.json), configuration.deploymentID,
                configuration.configuredAt, configuration.reportedAt,
            ])
    }

    static func remove(_ deviceID: String, in db: Database) throws {
        try db.execute(sql: "DELETE FROM device_configuration WHERE device_id = ?", arguments: [deviceID])
    }

    private static func settings(_ text: String) -> DeviceSettings {
        let limits = JSONLimits(bytes: 16 << 20, depth: 2, values: 1024)
        return (try? JSONValue(parsing: Array(text.utf8), limits: limits)).flatMap { try? DeviceSettings($0) } ?? .none
    }
}
