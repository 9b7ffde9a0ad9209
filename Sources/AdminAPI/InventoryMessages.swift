package import Encoding

/// One thing known of a device.
package struct AdminAttribute: Codable, Sendable, Equatable {
    /// Who says it: `inventory` (the device), `tags` (an operator), `monitor`, `system` (the hub).
    package var scope: String
    package var name: String
    /// Text, number, or several of one kind.
    package var value: JSONValue
    /// When it became so, RFC 3339.
    package var since: String

    /// One thing known of a device.
    package init(scope: String, name: String, value: JSONValue, since: String) {
        self.scope = scope
        self.name = name
        self.value = value
        self.since = since
    }
}

/// Settings of a device: what an operator wants, and what the device says.
package struct AdminSettings: Codable, Sendable, Equatable {
    package var deviceID: String
    /// Name → value, as they should be.
    package var configured: [String: String]
    /// Name → value, as the device reported them.
    package var reported: [String: String]
    /// Deployment that brings them; absent before the first.
    package var deploymentID: String?
    /// When they were set; absent before the first time.
    package var configuredAt: String?
    /// Last report; absent before the first.
    package var reportedAt: String?

    package init(deviceID: String) {
        self.deviceID = deviceID
        configured = [:]
        reported = [:]
    }
}

/// Changes the settings a device should have.
package struct AdminSettingsChange: Codable, Sendable {
    /// Name → value to be set.
    package var set: [String: String]?
    /// Names to be dropped.
    package var remove: [String]?
    /// Drops all that `set` does not name.
    package var replace: Bool?

    package init() {}
}

/// Brings a device the settings it should have.
package struct AdminSettingsDeploy: Codable, Sendable {
    /// How often it is tried again, 0 to 100; absent for not at all.
    package var retries: Int?

    package init(retries: Int?) {
        self.retries = retries
    }
}
