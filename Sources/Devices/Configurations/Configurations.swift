internal import Encoding
package import Journal
package import Store
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

/// What devices should be set to, and what they say they are.
package final class Configurations: Sendable {
    private let journal: Journal
    private let store: Store
    private let now: @Sendable () -> Int64

    /// Makes the part on the records of the devices.
    package init(devices: Devices) {
        journal = devices.journal
        (store, now) = (journal.store, journal.now)
        devices.endWork.add { device, db in
            if device.state == .removed { try ConfigurationStore.remove(device.id, in: db) }
        }
    }

    /// A device's configuration; empty when nobody set any.
    package func configuration(of deviceID: String) async throws -> DeviceConfiguration {
        try await store.lookUp { db in try ConfigurationStore.find(deviceID, in: db) }
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
            // By the bytes of the names: two that look alike to Unicode are two settings.
            var members: [[UInt8]: JSONValue.Member] = [:]
            if !isReplacing {
                for setting in try ConfigurationStore.find(deviceID, in: db).configured.settings {
                    members[Array(setting.name.utf8)] = JSONValue.Member(setting.name, .string(setting.value))
                }
            }
            for (name, value) in set { members[Array(name.utf8)] = JSONValue.Member(name, .string(value)) }
            for name in remove { members[Array(name.utf8)] = nil }
            let settings = try DeviceSettings(.object(Array(members.values)))
            try setConfigured(settings, of: deviceID, by: requester, in: db)
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
        let known = try await store.lookUp { db in try ConfigurationStore.find(deviceID, in: db) }
        let seconds = now()
        if known.reported.encoded() == settings.encoded(), let last = known.reportedAt,
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
