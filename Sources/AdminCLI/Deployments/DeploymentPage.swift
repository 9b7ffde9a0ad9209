internal import AdminAPI
internal import Encoding
internal import Filters
internal import Wire

/// How many devices a deployment has behind it, and how.
struct DeploymentTally: Equatable {
    /// Have the release: installed now or before.
    var good = 0
    /// Will not get it: failed, or nothing fits.
    var failed = 0
    /// Were ended before they were done.
    var aborted = 0
    var busy = 0
    /// Have not begun.
    var waiting = 0

    init(_ deployment: AdminDeployment) {
        for (state, count) in deployment.counts {
            switch state {
            case "success", "already-installed": good += count
            case "failure", "noartifact", "decommissioned": failed += count
            case "aborted": aborted += count
            case "pending": waiting += count
            default: busy += count
            }
        }
    }

    /// Came to an end of their own.
    var done: Int { good + failed }
    var total: Int { done + aborted + busy + waiting }

    /// Exit code of a command that waited for the end (docs/manual.md, "Exit codes and errors"): 0 all have it, 3 some,
    /// 1 none or aborted.
    func exitCode(status: String) -> Int32 {
        if status == "aborted" { return 1 }
        if good == total { return good > 0 ? 0 : 1 }
        return good > 0 ? 3 : 1
    }
}

/// A deployment at work, as a page of text.
enum DeploymentPage {
    /// Devices that failed are named up to this number.
    static let failingLimit = 10
    private static let width = 50

    /// - Parameters:
    ///   - atWork: devices that are shown with how far they are.
    ///   - failing: devices that failed.
    static func text(
        _ deployment: AdminDeployment, atWork: [AdminInstallation] = [], failing: [AdminInstallation]
    ) -> String {
        let tally = DeploymentTally(deployment)
        let total = deployment.deviceCount ?? tally.total
        let counts = deployment.counts.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
        var lines = [
            "\(Terminal.plain(deployment.name)): \(Terminal.plain(deployment.release)), \(deployment.statusText)",
            "[\(bar(tally, of: total))] \(tally.done) of \(total) done, \(percent(tally.done, of: total)) %",
            counts.joined(separator: ", "),
        ]
        if let phases = phases(deployment) { lines.append(phases) }
        if !atWork.isEmpty { lines += ["", progress(atWork)] }
        if !failing.isEmpty { lines += ["", table(failing)] }
        return lines.joined(separator: "\n")
    }

    /// How far devices are that tell it over their links.
    private static func progress(_ devices: [AdminInstallation]) -> String {
        Output.table(
            ["AT WORK", "STATE", "PROGRESS"],
            devices.map { [$0.deviceID, $0.state, $0.progress.map { "\($0) %" }] }, empty: "")
    }

    /// Devices of a deployment.
    static func table(_ devices: [AdminInstallation]) -> String {
        Output.table(
            ["DEVICE", "STATE", "TYPE", "TRIES FAILED", "LOG", "FINISHED", "SUBSTATE", "SAID SINCE"],
            devices.map { device in
                [
                    device.deviceID, device.stateText, device.deviceType, "\(device.failedAttempts)",
                    device.hasLog ? "yes" : "no", device.finishedAt, device.substate,
                    device.lateState.map { "\($0) (\(device.lateReports ?? 1))" },
                ]
            }, empty: "no devices")
    }

    /// `#` has it, `x` failed, `-` was aborted, `>` is at work, `.` waits.
    static func bar(_ tally: DeploymentTally, of total: Int) -> String {
        var drawn = 0
        var reached = 0
        var bar = ""
        for (count, mark) in [(tally.good, "#"), (tally.failed, "x"), (tally.aborted, "-"), (tally.busy, ">")] {
            reached += count
            let end = total > 0 ? min(width, (reached * width + total - 1) / total) : 0
            bar += String(repeating: mark, count: max(0, end - drawn))
            drawn = max(drawn, end)
        }
        return bar + String(repeating: ".", count: width - drawn)
    }

    private static func percent(_ part: Int, of total: Int) -> Int {
        total > 0 ? part * 100 / total : 0
    }

    private static func phases(_ deployment: AdminDeployment) -> String? {
        guard deployment.phases.count > 1 else { return nil }
        return "phases: " + deployment.phases.map(\.text).joined(separator: ", ")
    }
}

extension AdminPhase {
    var text: String {
        let share = percent.map { "\($0) %" } ?? "the rest"
        return share + (deviceCount.map { " (\($0))" } ?? "") + (startsAt.map { " from \($0)" } ?? "")
    }
}

extension AdminDeployment {
    var statusText: String {
        guard status == "paused", let pauseReason else { return status }
        return pauseReason == "failures" ? "paused: too many devices failed" : "paused by the operator"
    }

    var text: String {
        Output.pairs([
            "deployment": id, "name": name, "release": release, "status": statusText, "for": whom,
            "devices": deviceCount.map(String.init),
            "states": counts.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", "),
            "phases": phases.map(\.text).joined(separator: ", "),
            "windows": windows.map(RolloutText.text).joined(separator: "; "),
            "stops at": stopRule.map { "\($0.failurePercent) % failed, after \($0.afterDevices ?? 1) devices" },
            "retries": retries > 0 ? "\(retries)" : nil, "forced": force ? "yes" : nil,
            "only": conditions, "at once": placesText, "failures": failureCost, "pushed": pushText,
            "holds at": holdPoints.joined(separator: ", "), "bytes offered": "\(totalSize)",
            "made": createdAt, "starts": startsAt == createdAt ? nil : startsAt, "finished": finishedAt,
        ])
    }

    private var whom: String {
        switch target {
        case "group": "group \(group ?? "")"
        case "filter": "every device matching " + (filter.map(FilterWords.text) ?? "")
        case "all": "every accepted device"
        default: "chosen devices"
        }
    }
}

/// A filter as the command line takes it.
enum FilterWords {
    /// Its terms; as JSON where this release does not know it.
    static func text(_ filter: JSONValue) -> String {
        guard let terms = try? InventoryFilter(filter["terms"] ?? filter).terms else {
            return String(decoding: filter.encoded(), as: UTF8.self)
        }
        return terms.map(\.text).joined(separator: " and ")
    }
}
