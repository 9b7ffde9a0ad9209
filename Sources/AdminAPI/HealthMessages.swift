package import Encoding

/// The newest of what a device told over its link. Times are those of the hub, RFC 3339.
package struct AdminDeviceReport: Codable, Sendable, Equatable {
    package var health: AdminHealthSummary?
    package var location: AdminLocation?
    /// Why it could not tell its location; absent once it could.
    package var locationFailure: AdminLocationFailure?
    /// Over which it was connected last.
    package var networkInterface: AdminNetworkInterface?
    /// In which ways it can connect, by its own words.
    package var connectionTypes: [String]?
    /// Its names in networks of its own, such as a VPN.
    package var networkIdentities: [AdminNetworkIdentity]?

    package init() {}
}

/// How a device is, by its last report.
package struct AdminHealthSummary: Codable, Sendable, Equatable {
    /// `ok`, `warning`, `unhealthy`.
    package var status: String
    /// When the report came.
    package var at: String
    /// Metrics that are the reason, by name; absent when it is `ok`.
    package var concerns: [String: Double]?

    package init(status: String, at: String, concerns: [String: Double]?) {
        self.status = status
        self.at = at
        self.concerns = concerns
    }
}

package struct AdminLocation: Codable, Sendable, Equatable {
    /// Degrees.
    package var latitude: Double
    package var longitude: Double
    /// How it is known, by the device's word.
    package var source: String?
    /// Metres.
    package var accuracy: Double?
    package var at: String

    package init(latitude: Double, longitude: Double, at: String) {
        self.latitude = latitude
        self.longitude = longitude
        self.at = at
    }
}

package struct AdminLocationFailure: Codable, Sendable, Equatable {
    /// In the device's words.
    package var code: String
    package var reason: String
    package var at: String

    package init(code: String, reason: String, at: String) {
        self.code = code
        self.reason = reason
        self.at = at
    }
}

package struct AdminNetworkInterface: Codable, Sendable, Equatable {
    package var name: String
    /// `wifi`, `ethernet`, `cellular`, `unknown`.
    package var kind: String
    package var at: String

    package init(name: String, kind: String, at: String) {
        self.name = name
        self.kind = kind
        self.at = at
    }
}

package struct AdminNetworkIdentity: Codable, Sendable, Equatable {
    /// `iroh`, `netbird`, `tailscale`, `wireguard`, or another word of the device.
    package var service: String
    package var identifier: String
    /// Which of several of the same service.
    package var instance: String?
    /// As the device told them.
    package var details: JSONValue?

    package init(service: String, identifier: String) {
        self.service = service
        self.identifier = identifier
    }
}

/// A device's health: its last report, and its metrics over time.
package struct AdminDeviceHealth: Codable, Sendable, Equatable {
    package var deviceID: String
    /// `ok`, `warning`, `unhealthy`; absent before the first report.
    package var status: String?
    /// When the last report came, RFC 3339; absent before the first.
    package var at: String?
    /// When it was made, by the device's clock.
    package var timestamp: String?
    /// By name.
    package var metrics: [String: Double] = [:]
    package var alarms: [String: String] = [:]
    package var checks: [String: AdminHealthCheck] = [:]
    package var metadata: [String: String] = [:]
    /// Oldest first: one a minute for a day, one in 15 minutes until the third day, one an hour until the seventh.
    package var samples: [AdminHealthSample] = []

    package init(deviceID: String) {
        self.deviceID = deviceID
    }
}

/// What a device looked at by itself.
package struct AdminHealthCheck: Codable, Sendable, Equatable {
    package var pass: Bool
    /// Absent when the device said none.
    package var note: String?

    package init(pass: Bool, note: String?) {
        self.pass = pass
        self.note = note
    }
}

package struct AdminHealthSample: Codable, Sendable, Equatable {
    /// The minute, RFC 3339.
    package var at: String
    /// By name.
    package var metrics: [String: Double]

    package init(at: String, metrics: [String: Double]) {
        self.at = at
        self.metrics = metrics
    }
}

/// A line of a device's log.
package struct AdminLogLine: Codable, Sendable, Equatable {
    /// Grows with every line of the device.
    package var number: Int64
    /// When the hub heard it, RFC 3339.
    package var at: String
    package var level: String
    package var message: String
    /// When it was written, by the device's clock, RFC 3339 with microseconds; absent when not said.
    package var writtenAt: String?

    package init(number: Int64, at: String, level: String, message: String) {
        self.number = number
        self.at = at
        self.level = level
        self.message = message
    }
}
