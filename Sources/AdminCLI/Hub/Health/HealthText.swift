internal import AdminAPI
internal import Encoding

/// A device's health as text.
enum HealthText {
    /// Charts for somebody who looks.
    static func charts(_ health: AdminDeviceHealth, chart: HealthChart, metrics: [String]) -> String {
        let subjects =
            metrics.isEmpty
            ? HealthChart.subjects
            : metrics.map { name in
                HealthChart.subjects.first { $0.metric == name }
                    ?? HealthChart.Subject(metric: name, title: Terminal.plain(name), top: nil)
            }
        let drawn = subjects.compactMap { chart.lines($0, health.samples)?.joined(separator: "\n") }
        return join([head(health)] + (drawn.isEmpty ? ["no samples to draw"] : drawn) + [findings(health)])
    }

    /// A line for each metric, for what reads no charts.
    static func table(_ health: AdminDeviceHealth, metrics: [String]) -> String {
        var values: [String: [Double]] = [:]
        for sample in health.samples {
            for (name, value) in sample.metrics { values[name, default: []].append(value) }
        }
        let names = (metrics.isEmpty ? values.keys.sorted() : metrics).filter { values[$0] != nil }
        let rows = names.map { name in
            let all = values[name] ?? []
            let mean = all.reduce(0, +) / Double(max(all.count, 1))
            return [name] + [all.last ?? 0, all.min() ?? 0, mean, all.max() ?? 0].map(HealthChart.text)
                + ["\(all.count)"]
        }
        let table = Output.table(
            ["METRIC", "LAST", "LOWEST", "MEAN", "HIGHEST", "SAMPLES"], rows, empty: "no samples")
        return join([head(health), table, findings(health)])
    }

    /// One line: how the device is and since when that is known.
    private static func head(_ health: AdminDeviceHealth) -> String {
        let id = Terminal.plain(health.deviceID)
        guard let status = health.status, let at = health.at else {
            return "\(id) has not reported its health yet"
        }
        return "\(id) is \(Terminal.plain(status)), reported \(Terminal.plain(at))"
    }

    /// What the device itself found.
    private static func findings(_ health: AdminDeviceHealth) -> String {
        let alarms = health.alarms.sorted { $0.key < $1.key }.map { ["alarm", $0.key, $0.value] }
        let checks = health.checks.sorted { $0.key < $1.key }.map { name, check in
            [check.pass ? "passed" : "failed", name, check.note ?? ""]
        }
        let rows = alarms + checks
        return rows.isEmpty ? "" : Output.table(["FINDING", "NAME", "SAYS"], rows, empty: "")
    }

    private static func join(_ parts: [String]) -> String {
        parts.filter { !$0.isEmpty }.joined(separator: "\n\n")
    }
}

/// What a device reported over its link, a line each for `hubctl device show`.
extension AdminDeviceReport {
    var healthText: String? {
        health.map { health in
            let concerns = (health.concerns ?? [:]).sorted { $0.key < $1.key }
                .map { "\($0.key) \(HealthChart.text($0.value))" }.joined(separator: ", ")
            return health.status + (concerns.isEmpty ? "" : " (\(concerns))") + ", reported \(health.at)"
        }
    }

    var locationText: String? {
        let place = location.map { place in
            let more = [place.source, place.accuracy.map { "within \(HealthChart.text($0)) m" }].compactMap(\.self)
            return "\(place.latitude), \(place.longitude)"
                + (more.isEmpty ? "" : " (\(more.joined(separator: ", ")))") + ", reported \(place.at)"
        }
        let failure = locationFailure.map { failure in
            "can't tell since \(failure.at): \(failure.code)" + (failure.reason.isEmpty ? "" : ", \(failure.reason)")
        }
        let parts = [place, failure].compactMap(\.self)
        return parts.isEmpty ? nil : parts.joined(separator: "; ")
    }

    var interfaceText: String? { networkInterface.map { "\($0.name) (\($0.kind)), reported \($0.at)" } }

    var identitiesText: String? {
        networkIdentities?.map { identity in
            [identity.service, identity.instance, identity.identifier].compactMap(\.self).joined(separator: " ")
        }.joined(separator: ", ")
    }
}
