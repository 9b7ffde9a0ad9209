package import Wire

/// Something a device told, and when the hub heard it, Unix seconds.
package struct Told<Value: Sendable & Equatable>: Sendable, Equatable {
    package let value: Value
    package let at: Int64

    package init(_ value: Value, at: Int64) {
        self.value = value
        self.at = at
    }
}

/// The newest of what a device told over its link; `nil` for what it never told.
package struct DeviceFacts: Sendable, Equatable {
    package var health: Told<HealthReport>?
    package var location: Told<GeoLocation>?
    /// Why it could not tell its location, when that was later than ``location``.
    package var locationFailure: Told<LocationFailure>?
    /// Its names in networks of its own.
    package var identities: Told<[NetworkIdentity]>?
    /// Over which interface it was connected.
    package var interface: Told<LinkInterface>?
    /// In which ways it can connect, by its own words.
    package var connectionTypes: Told<[String]>?

    package init() {}
}

/// Why a device can't tell its location, in its own words.
package struct LocationFailure: Sendable, Equatable {
    package let code: String
    package let reason: String
}

/// A device's metrics at a time.
package struct HealthSample: Sendable, Equatable {
    /// Unix seconds, by the hub's clock, at the beginning of a minute.
    package let at: Int64
    package let metrics: [HealthReport.Metric]
}

/// A line of a device's log as it is kept.
package struct KeptLogLine: Sendable, Equatable {
    /// Grows with every line of the device.
    package let number: Int64
    /// When the hub heard it, Unix seconds.
    package let at: Int64
    package let line: LogLine
}
