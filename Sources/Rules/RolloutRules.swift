internal import Encoding

/// What a roll-out may look like. `hubctl` asks before it calls the hub, the service before it makes a deployment; the
/// words are the same.
package enum RolloutRules {
    /// Where devices may be held, as people write it: before a device installs, restarts, and makes the update
    /// permanent.
    package static let holdPoints = ["install", "reboot", "commit"]

    package static func check(holdPoint: String) throws(RolloutProblem) {
        guard holdPoints.contains(holdPoint) else { throw .holdPoint }
    }

    package static func check(name: String) throws(RolloutProblem) {
        guard (1...4096).contains(name.utf8.count) else { throw .name }
    }

    /// The name of the artifacts that are installed.
    package static func check(release: String) throws(RolloutProblem) {
        guard (1...4096).contains(release.utf8.count) else { throw .release }
    }

    package static func check(retries: Int) throws(RolloutProblem) {
        guard (0...100).contains(retries) else { throw .retries }
    }

    package static func check(deviceLimit: Int) throws(RolloutProblem) {
        guard (1...1_000_000).contains(deviceLimit) else { throw .deviceLimit }
    }

    /// A part of the devices.
    package static func check(percent: Int) throws(RolloutProblem) {
        guard (1...100).contains(percent) else { throw .percent }
    }

    /// Parts of the devices, in order, each with its percent and the time it begins at; the last one may leave out its
    /// percent, or have 0, for the rest.
    package static func check(phases: [(percent: Int?, startsAt: Int64?)]) throws(RolloutProblem) {
        guard phases.count <= 100 else { throw .tooManyPhases }
        var sum = 0
        var start: Int64 = 0
        for (index, phase) in phases.enumerated() {
            let isLast = index == phases.count - 1
            guard isLast || phase.percent != nil else { throw .openPhase }
            if !isLast || phase.percent ?? 0 != 0 { try check(percent: phase.percent ?? 0) }
            guard phase.startsAt ?? start >= start else { throw .phaseOrder }
            start = phase.startsAt ?? start
            sum += phase.percent ?? 0
        }
        guard sum <= 100 else { throw .percentSum }
    }

    /// When a deployment stops by itself: so many failures in percent, after so many devices.
    package static func check(failurePercent: Int, afterDevices: Int) throws(RolloutProblem) {
        try check(percent: failurePercent)
        guard afterDevices >= 1 else { throw .stopAfter }
    }

    package static func check(windowCount: Int) throws(RolloutProblem) {
        guard windowCount <= 32 else { throw .tooManyWindows }
    }

    /// A daily time: days 1 Monday to 7 Sunday, and minutes of the day, the last one exclusive.
    package static func check(days: [Int], from: Int, to: Int) throws(RolloutProblem) {
        guard (0..<1440).contains(from), (0...1440).contains(to), from != to, days.allSatisfy((1...7).contains)
        else { throw .window }
    }

    /// How many devices may be at work at once.
    package static func check(concurrent: Int) throws(RolloutProblem) {
        guard (1...1_000_000).contains(concurrent) else { throw .concurrent }
    }

    /// What a device must have: product, platform or architecture.
    package static func check(condition: String) throws(RolloutProblem) {
        guard (1...255).contains(condition.utf8.count) else { throw .condition }
    }

    package static func check(versionRequirement: String) throws(RolloutProblem) {
        guard VersionRequirement(versionRequirement) != nil else { throw .versionRequirement }
    }

    /// Tries without success after which a device gets no other one.
    package static func check(failures: Int) throws(RolloutProblem) {
        guard (1...50).contains(failures) else { throw .failures }
    }

    /// So many tries of a device in so many seconds, from which on it waits.
    package static func check(failureAmount: Int, seconds: Int64) throws(RolloutProblem) {
        guard (1...50).contains(failureAmount), (1...86_400).contains(seconds) else { throw .failureRate }
    }

    /// How long a device waits after a failure, in minutes.
    package static func check(penalty: Int) throws(RolloutProblem) {
        guard (1...43_200).contains(penalty) else { throw .penalty }
    }

    /// `5/180`: tries, and the seconds they come in.
    package static func failureRate(_ text: String) throws(RolloutProblem) -> (amount: Int, seconds: Int64) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }),
            let amount = Int(parts[0]), let seconds = Int64(parts[1])
        else { throw .failureRate }
        try check(failureAmount: amount, seconds: seconds)
        return (amount, seconds)
    }

    /// The minute of the day that `02:00` means; `24:00` is the end of the day.
    package static func minute(_ text: String) throws(RolloutProblem) -> Int {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2,
            parts.allSatisfy({ $0.utf8.count == 2 && $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }),
            let hour = Int(parts[0]), let minute = Int(parts[1]), minute < 60, hour * 60 + minute <= 1440
        else { throw .window }
        return hour * 60 + minute
    }

    /// The moment at which something begins, Unix seconds. A date alone would be its end, which nobody means by a
    /// beginning.
    package static func start(_ text: String) throws(RolloutProblem) -> Int64 {
        guard text.utf8.count > 10, let seconds = RFC3339.seconds(Array(text.utf8)[...]) else { throw .start }
        return seconds
    }
}

/// What is wrong with a roll-out.
package enum RolloutProblem: Error, Equatable, Sendable {
    case retries
    case deviceLimit
    case percent
    case tooManyPhases
    case openPhase
    case phaseOrder
    case percentSum
    case stopAfter
    case tooManyWindows
    case window
    case start
    case holdPoint
    case name
    case release
    case concurrent
    case condition
    case versionRequirement
    case failures
    case failureRate
    case penalty

    package var message: String {
        switch self {
        case .retries: "the number of retries must be 0 to 100"
        case .deviceLimit: "the limit of devices must be 1 to 1000000"
        case .percent: "a share must be 1 to 100 percent"
        case .tooManyPhases: "a deployment has at most 100 phases"
        case .openPhase: "only the last phase may leave out its share"
        case .phaseOrder: "phases must begin one after the other"
        case .percentSum: "the phases have more than 100 percent together"
        case .stopAfter: "the stop rule needs at least 1 device"
        case .tooManyWindows: "a deployment has at most 32 windows"
        case .window: "a window has days 1 to 7 and two different times like 02:00"
        case .holdPoint: "a hold point is install, reboot or commit"
        case .name: "the name must have 1 to 4096 bytes"
        case .release: "the release must have 1 to 4096 bytes"
        case .concurrent: "the number of devices at once must be 1 to 1000000"
        case .condition: "product, platform and architecture must have 1 to 255 bytes"
        case .versionRequirement: "a version requirement is written like: >= 1.2.0 and < 2.0.0, or ~> 1.2"
        case .failures: "the number of tries without success must be 1 to 50"
        case .failureRate: "a failure rate is written like 5/180: 1 to 50 tries in 1 to 86400 seconds"
        case .penalty: "the penalty must be 1 to 43200 minutes"
        case .start: "a start must be a time like 2027-01-31T02:00:00Z"
        }
    }
}
