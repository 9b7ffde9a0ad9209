internal import Encoding
internal import Store
internal import Wire

/// SQL of the table `device_configuration`.
enum ConfigurationStore {
    static func addMigrations(to migrator: inout MigrationList) {
        migrator.register("registry-0015-configuration") { db in
            try db.script(
                """
                CREATE TABLE device_configuration (
                    device_id TEXT PRIMARY KEY REFERENCES device (id) ON DELETE CASCADE,
                    configured TEXT NOT NULL DEFAULT '{}', reported TEXT NOT NULL DEFAULT '{}', deployment_id TEXT,
                    configured_at INTEGER, reported_at INTEGER) STRICT, WITHOUT ROWID
                """)
        }
    }

    static func find(_ deviceID: String, in db: Database) throws -> DeviceConfiguration {
        try db.first(
            """
            SELECT configured, reported, deployment_id, configured_at, reported_at FROM device_configuration
            WHERE device_id = ?
            """, [deviceID]
        ) { row in
            DeviceConfiguration(
                configured: settings(row[0]), reported: settings(row[1]), deploymentID: row[2], configuredAt: row[3],
                reportedAt: row[4])
        } ?? DeviceConfiguration()
    }

    static func save(_ configuration: DeviceConfiguration, of deviceID: String, in db: Database) throws {
        try db.run(
            """
            INSERT INTO device_configuration VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (device_id) DO UPDATE
            SET configured = ?2, reported = ?3, deployment_id = ?4, configured_at = ?5, reported_at = ?6
            """,
            [
                deviceID, AttributeStore.text(configuration.configured.json),
                AttributeStore.text(configuration.reported.json), configuration.deploymentID,
                configuration.configuredAt, configuration.reportedAt,
            ])
    }

    static func remove(_ deviceID: String, in db: Database) throws {
        try db.run("DELETE FROM device_configuration WHERE device_id = ?", [deviceID])
    }

    private static func settings(_ text: String) -> DeviceSettings {
        let limits = JSONLimits(bytes: 16 << 20, depth: 2, values: 1024)
        return (try? JSONValue(parsing: Array(text.utf8), limits: limits)).flatMap { try? DeviceSettings($0) } ?? .none
    }
}
