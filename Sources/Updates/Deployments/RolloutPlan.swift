/// How a deployment goes over its devices. Everything here is decided by values alone, so that it is tested without a
/// clock.
package struct RolloutPlan: Sendable, Codable, Equatable {
    /// A part of the devices, and when their turn comes.
    package struct Phase: Sendable, Codable, Equatable {
        /// UUID, lower case.
        package var id: String
        /// Percent of all devices; `nil` for the rest, in the last one only.
        package var percent: Int?
        /// When it begins, Unix seconds; `nil` for at once.
        package var startsAt: Int64?

        /// A part of the devices.
        package init(id: String, percent: Int?, startsAt: Int64?) {
            self.id = id
            self.percent = percent
            self.startsAt = startsAt
        }
    }

    /// When no further device begins by itself.
    package struct StopRule: Sendable, Codable, Equatable {
        /// Failures among finished devices, in percent, from which on it stops.
        package var failurePercent: Int
        /// Devices that must have finished before the rule counts.
        package var afterDevices: Int

        /// When no further device begins.
        package init(failurePercent: Int, afterDevices: Int) {
            self.failurePercent = failurePercent
            self.afterDevices = afterDevices
        }
    }

    /// A daily time in which devices may begin, in the hub's time zone; past midnight when it ends before it begins.
    package struct Window: Sendable, Codable, Equatable {
        /// 1 Monday to 7 Sunday, the day it begins on; empty for every day.
        package var days: [Int]
        /// Minute of the day it begins.
        package var from: Int
        /// Minute of the day it ends, exclusive.
        package var to: Int

        package init(days: [Int], from: Int, to: Int) {
            self.days = days
            self.from = from
            self.to = to
        }

        /// Whether a moment lies in it.
        ///
        /// - Parameters:
        ///   - day: 1 Monday to 7 Sunday.
        ///   - minute: minute of that day.
        package func contains(day: Int, minute: Int) -> Bool {
            if from <= to { return isOn(day) && (from..<to).contains(minute) }
            return isOn(day) && minute >= from || isOn(day == 1 ? 7 : day - 1) && minute < to
        }

        private func isOn(_ day: Int) -> Bool { days.isEmpty || days.contains(day) }
    }

    /// Installs also where the artifact is installed already.
    package var isForced = false
    /// Parts of the devices, in order; empty for all at once.
    package var phases: [Phase] = []
    /// How often a device that failed is offered it again.
    package var retries = 0
    /// Ends after so many devices; `nil` for all. Needed for a filter.
    package var deviceLimit: Int?
    /// Where its devices stop on their way; `nil` when it was made without any.
    package var holdPoints: HoldPoints?
    /// When it stops by itself.
    package var stopRule: StopRule?
    /// When devices may begin; empty for always.
    package var windows: [Window] = []

    /// How many devices may be at work at once; `nil` for all.
    package var concurrent: Int?
    /// What a device must say it is, beside being one of the deployment's; `nil` for anything.
    package var product: String?
    package var platform: String?
    package var architecture: String?
    /// What the version on a device must be, a `VersionRequirement` of `Rules`; `nil` for any.
    package var versionRequirement: String?
    /// Tries without success after which a device's part has failed for good; `nil` leaves that to ``retries``.
    package var failures: Int?
    /// How many tries in a time make a device wait.
    package var failureRate: FailureRate?
    /// Minutes a device waits after a failure before it is given anything; `nil` for none.
    package var penaltyMinutes: Int?
    /// `true` for what an operator pushes to one device, see ``isPush``; stored plans of others don't have it.
    var push: Bool?

    /// Settings that are brought instead of an artifact, a JSON object as it was when the deployment was made.
    package var settings: String?

    /// All devices at once.
    package init() {}

    /// Names in the plan of a stored deployment.
    private enum CodingKeys: String, CodingKey {
        case isForced, phases, retries, deviceLimit, stopRule, windows, settings
        case concurrent, product, platform, architecture, versionRequirement, failures, failureRate, penaltyMinutes
        case push
        case holdPoints = "controlMap"
    }

    /// How many devices may have begun at a moment; `nil` for all.
    ///
    /// - Parameter devices: number of all devices.
    package func quota(devices: Int, now: Int64) -> Int? {
        guard !phases.isEmpty else { return nil }
        var percent = 0
        for (index, phase) in phases.enumerated() {
            guard phase.startsAt ?? 0 <= now else { return Self.share(percent, of: devices) }
            if index == phases.count - 1 { return nil }
            percent += phase.percent ?? 0
        }
        return nil
    }

    /// Whether the first phase is still to come.
    package func isScheduled(now: Int64) -> Bool {
        (phases.first?.startsAt ?? 0) > now
    }

    /// How many devices each phase adds.
    package func sizes(devices: Int) -> [Int] {
        var percent = 0
        var before = 0
        return phases.enumerated().map { index, phase in
            percent += phase.percent ?? 0
            let end = index == phases.count - 1 ? devices : Self.share(percent, of: devices)
            defer { before = end }
            return end - before
        }
    }

    /// Whether so many failures stop it.
    package func stops(finished: Int, failed: Int) -> Bool {
        guard let stopRule, finished >= stopRule.afterDevices, failed > 0 else { return false }
        return failed * 100 >= stopRule.failurePercent * finished
    }

    /// A share is rounded up: a first phase of 1 % of 20 devices is one device, not none.
    private static func share(_ percent: Int, of devices: Int) -> Int {
        // Stored rows may hold any number.
        (min(max(devices, 0), 1 << 40) * min(max(percent, 0), 100) + 99) / 100
    }
}
