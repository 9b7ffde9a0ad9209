internal import Encoding
package import GRDB
package import Journal
internal import Store
package import Wire

/// What a device should be set to, and what it says it is set to (docs/protocols/mender.md 14).
package struct DeviceConfiguration: Sendable, Equatable {
    /// What an operator wants.
    package var configured = DeviceSettings.none
    /// What the device reported.
    package var reported = DeviceSettings.none
    /// The deployment that brings it to the device; `nil` before the first.
    package var deploymentID: String?
    /// When it was set, Unix seconds; `nil` before the first time.
    package var configuredAt: Int64?
    /// Last report, Unix seconds; `nil` before the first.
    package var reportedAt: Int64?
}

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

extension Devices {
    /// A device's configuration; empty when nobody set any.
    package func configuration(of deviceID: String) async throws -> DeviceConfiguration {
        try store.lookUp { db in try ConfigurationStore.find(deviceID, in: db) }
    }

    /// Sets what a device should be set to. A deployment brings it there.
    package func setConfigured(
        _ settings: DeviceSettings, of deviceID: String, by requester: Requester
    ) async throws {
        try await store.write { [self] db in try setConfigured(settings, of: deviceID, by: requester, in: db) }
    }

    /// Changes single settings of what a device should be set to.
    ///
    /// - Parameters:
    ///   - set: name → value.
    ///   - remove: names to drop.
    ///   - isReplacing: drops all others as well.
    /// - Throws: `DeviceSettingsError`.
    package func changeConfigured(
        of deviceID: String, set: [String: String], remove: [String], isReplacing: Bool, by requester: Requester
    ) async throws {
        try await store.write { [self] db in
            var values = set
            if !isReplacing {
                let present = try ConfigurationStore.find(deviceID, in: db).configured.settings
                for setting in present where set[setting.name] == nil { values[setting.name] = setting.value }
            }
            for name in remove { values[name] = nil }
            let members = values.map { JSONValue.Member($0.key, .string($0.value)) }
            try setConfigured(try DeviceSettings(.object(members)), of: deviceID, by: requester, in: db)
        }
    }

    private func setConfigured(
        _ settings: DeviceSettings, of deviceID: String, by requester: Requester, in db: Database
    ) throws {
        var configuration = try ConfigurationStore.find(deviceID, in: db)
        configuration.configured = settings
        configuration.configuredAt = now()
        try ConfigurationStore.save(configuration, of: deviceID, in: db)
        // How many only: a value may be a secret of the device.
        try journal.audit(
            "device.configure", deviceID, by: requester, detail: ["keys": "\(settings.settings.count)"], in: db)
    }

    /// Notes what a device says it is set to; the same again is written once in ``InventoryLimits/reportSeconds``.
    package func setReported(_ settings: DeviceSettings, of deviceID: String) async throws {
        let known = try store.lookUp { db in try ConfigurationStore.find(deviceID, in: db) }
        let seconds = now()
        if known.reported == settings, let last = known.reportedAt,
            (0..<InventoryLimits.reportSeconds).contains(seconds - last)
        {
            return
        }
        try await store.write { db in
            var configuration = try ConfigurationStore.find(deviceID, in: db)
            configuration.reported = settings
            configuration.reportedAt = seconds
            try ConfigurationStore.save(configuration, of: deviceID, in: db)
        }
    }

    /// Notes the deployment that brings a device's configuration to it, in the transaction that makes it.
    ///
    /// - Returns: the configuration as it is to be deployed.
    @discardableResult
    package func setConfigurationDeployment(
        _ deploymentID: String, of deviceID: String, in db: Database
    ) throws -> DeviceConfiguration {
        var configuration = try ConfigurationStore.find(deviceID, in: db)
        configuration.deploymentID = deploymentID
        try ConfigurationStore.save(configuration, of: deviceID, in: db)
        return configuration
    }
}
