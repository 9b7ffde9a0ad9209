package import Wire

/// How a device is, by its last report (docs/protocols/device-link.md 11.3). The words are interface.
package enum HealthStatus: String, Sendable, CaseIterable, Comparable {
    case ok, warning, unhealthy

    /// From which value on a metric is of concern.
    package struct Threshold: Sendable {
        package let metric: String
        package let warning: Double
        package let unhealthy: Double
    }

    package static let thresholds = [
        Threshold(metric: "cpu_usage_percent", warning: 80, unhealthy: 90),
        Threshold(metric: "mem_used_percent", warning: 70, unhealthy: 80),
        Threshold(metric: "disk_used_percentage", warning: 80, unhealthy: 90),
    ]

    /// The worst of the report's metrics; `ok` for a report without any that has a threshold.
    package init(_ report: HealthReport) {
        self = Self.thresholds.map { Self.status(report, $0) }.max() ?? .ok
    }

    /// Metrics of a report that are not `ok`.
    package static func concerns(of report: HealthReport) -> [HealthReport.Metric] {
        thresholds.filter { status(report, $0) > .ok }.compactMap { threshold in
            report.metric(threshold.metric).map { HealthReport.Metric(threshold.metric, $0) }
        }
    }

    private static func status(_ report: HealthReport, _ threshold: Threshold) -> HealthStatus {
        guard let value = report.metric(threshold.metric), value >= threshold.warning else { return .ok }
        return value >= threshold.unhealthy ? .unhealthy : .warning
    }

    private var severity: Int {
        switch self {
        case .ok: 0
        case .warning: 1
        case .unhealthy: 2
        }
    }

    package static func < (one: HealthStatus, other: HealthStatus) -> Bool { one.severity < other.severity }
}
