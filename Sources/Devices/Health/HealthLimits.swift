/// Bounds of what is kept of a device's health and log (docs/protocols/device-link.md 14).
package enum HealthLimits {
    /// Samples go after 7 days.
    package static let sampleMinutes: Int64 = 7 * 1440
    /// Of how many minutes one sample is kept, by its age in minutes: each minute for a day, then each quarter of an
    /// hour until the third day, then each hour. So a device has at most 1440 + 192 + 96 samples.
    package static let grains: [(age: Int64, minutes: Int64)] = [(1440, 15), (3 * 1440, 60)]
    /// Most bytes of a sample's metrics, as JSON. The known ones are taken first.
    package static let sampleBytes = 2048
    /// Log lines go after 3 days, in seconds.
    package static let logSeconds: Int64 = 3 * 86_400
    /// Most log lines of a device.
    package static let logLines: Int64 = 2000
    /// Most bytes of a device's log lines.
    package static let logBytes: Int64 = 256 << 10
    /// What is told again unchanged is written down at most this often, in seconds.
    package static let repeatSeconds: Int64 = 3600
}
