package import Encoding

/// A deployment to make; exactly one of `devices`, `group`, `filter` and `all` says for whom.
package struct AdminNewDeployment: Codable, Sendable {
    /// Text of the operator; `nil` for the release's name.
    package var name: String?
    package var release: String
    package var devices: [String]?
    /// A group: its members of this moment.
    package var group: String?
    /// Terms like `inventory.os=debian`: devices that match when they ask.
    package var filter: [String]?
    /// Every device that is accepted at this moment.
    package var all: Bool?
    /// When its first devices may begin, RFC 3339; `nil` for at once.
    package var startsAt: String?
    /// Parts of the devices, in order; absent for all at once.
    package var phases: [AdminPhase]?
    /// When it stops by itself.
    package var stopRule: AdminStopRule?
    /// When devices may begin; absent for always.
    package var windows: [AdminWindow]?
    /// How often a device that failed is offered it again, 0 to 100.
    package var retries: Int?
    /// Most devices; absent for all.
    package var deviceLimit: Int?
    /// Install also where the release is installed already.
    package var force: Bool?
    /// Where devices wait until they are released: `install`, `reboot`, `commit`.
    package var holdPoints: [String]?
    /// How many devices may be at work at once; absent for all.
    package var concurrent: Int?
    /// What a device must say it is; absent for anything.
    package var product: String?
    package var platform: String?
    package var architecture: String?
    /// What the version on a device must be, like `>= 1.2.0 and < 2.0.0`.
    package var versionRequirement: String?
    /// Tries without success after which a device gets no other one; absent to count `retries`.
    package var failures: Int?
    /// How many tries in a time make a device wait.
    package var failureRate: AdminFailureRate?
    /// Minutes a device waits after a failure.
    package var penaltyMinutes: Int?

    /// A deployment to make.
    package init(release: String) {
        self.release = release
    }
}

/// A part of the devices of a deployment.
package struct AdminPhase: Codable, Sendable, Equatable {
    /// Percent of all devices; absent for the rest, in the last phase only.
    package var percent: Int?
    /// When it begins, RFC 3339; absent for at once.
    package var startsAt: String?
    /// How many devices that is; only in answers.
    package var deviceCount: Int?

    /// A part of the devices.
    package init(percent: Int?, startsAt: String?, deviceCount: Int? = nil) {
        self.percent = percent
        self.startsAt = startsAt
        self.deviceCount = deviceCount
    }
}

/// When a deployment stops by itself.
package struct AdminStopRule: Codable, Sendable, Equatable {
    /// Failures among finished devices, in percent, from which on it stops.
    package var failurePercent: Int
    /// Devices that must have finished before the rule counts; absent for 1.
    package var afterDevices: Int?

    package init(failurePercent: Int, afterDevices: Int?) {
        self.failurePercent = failurePercent
        self.afterDevices = afterDevices
    }
}

/// A daily time in which devices may begin, in the hub's time zone.
package struct AdminWindow: Codable, Sendable, Equatable {
    /// 1 Monday to 7 Sunday, the day it begins on; absent for every day.
    package var days: [Int]?
    /// Beginning, `02:00`.
    package var from: String
    /// End, `04:00`; on the next day when it lies before the beginning.
    package var to: String

    package init(days: [Int]?, from: String, to: String) {
        self.days = days
        self.from = from
        self.to = to
    }
}

package struct AdminDeployment: Codable, Sendable {
    package var id: String
    /// Text of the operator.
    package var name: String
    package var release: String
    /// `scheduled`, `pending`, `inprogress`, `paused`, `finished`, `aborted`.
    package var status: String
    /// Why it is paused: `operator`, `failures`.
    package var pauseReason: String?
    /// When it was made.
    package var createdAt: String
    /// When its first devices may begin.
    package var startsAt: String
    package var finishedAt: String?
    /// Whom it is for: `devices`, `group`, `filter`, `all`.
    package var target: String
    /// Name of the group.
    package var group: String?
    /// Terms of the filter, as JSON of searches.
    package var filter: JSONValue?
    /// How many devices it is for; absent for a filter without limit.
    package var deviceCount: Int?
    /// State → devices; those that have not asked yet count as pending, or as aborted once it is.
    package var counts: [String: Int]
    /// Bytes of what devices were offered, whether they fetched it or not.
    package var totalSize: Int64
    /// IDs of the artifacts devices choose from.
    package var artifacts: [String]
    /// Parts of the devices.
    package var phases: [AdminPhase]
    /// When it stops by itself.
    package var stopRule: AdminStopRule?
    /// When devices may begin.
    package var windows: [AdminWindow]
    /// How often a device that failed is offered it again.
    package var retries: Int
    /// Whether it installs also where the release is installed already.
    package var force: Bool
    /// Where devices wait until they are released: those that still hold.
    package var holdPoints: [String]
    /// How many devices may be at work at once; absent for all.
    package var concurrent: Int?
    /// What a device must say it is; absent for anything.
    package var product: String?
    package var platform: String?
    package var architecture: String?
    /// What the version on a device must be, like `>= 1.2.0 and < 2.0.0`.
    package var versionRequirement: String?
    /// Tries without success after which a device gets no other one; absent to count `retries`.
    package var failures: Int?
    /// How many tries in a time make a device wait.
    package var failureRate: AdminFailureRate?
    /// Minutes a device waits after a failure.
    package var penaltyMinutes: Int?
    /// Whether an operator pushed it to one device; absent when not.
    package var push: Bool?

    /// What every deployment has.
    package init(
        id: String, name: String, release: String, status: String, createdAt: String, startsAt: String, target: String
    ) {
        self.id = id
        self.name = name
        self.release = release
        self.status = status
        self.createdAt = createdAt
        self.startsAt = startsAt
        self.target = target
        counts = [:]
        totalSize = 0
        artifacts = []
        phases = []
        windows = []
        retries = 0
        force = false
        holdPoints = []
    }
}

extension AdminDeployment {
    /// Whether nothing more will happen.
    package var isFinished: Bool { status == "finished" || status == "aborted" }
}

/// What became of a deployment on one device.
package struct AdminInstallation: Codable, Sendable {
    package var deviceID: String
    /// State (docs/updates.md lists them).
    package var state: String
    /// Text of the device about it; absent while there is `progress`.
    package var substate: String?
    /// Kind of device it said it is.
    package var deviceType: String?
    /// The artifact chosen for it.
    package var artifactID: String?
    /// When it reported something for the first time.
    package var startedAt: String?
    /// When it was done.
    package var finishedAt: String?
    /// Tries that failed; once the state is `failure`, the last one too.
    package var failedAttempts: Int
    /// Whether it sent a log.
    package var hasLog: Bool
    /// State it last reported after its end, which that did not move.
    package var lateState: String?
    /// How many such reports there were; absent for none.
    package var lateReports: Int?
    /// Percent of the state, of a device that tells it over its link.
    package var progress: Int?

    /// What became of it.
    package init(deviceID: String, state: String, failedAttempts: Int = 0, hasLog: Bool = false) {
        self.deviceID = deviceID
        self.state = state
        self.failedAttempts = failedAttempts
        self.hasLog = hasLog
    }
}

/// Lets devices go on that wait at a hold point.
package struct AdminRelease: Codable, Sendable {
    /// `install`, `reboot`, `commit`.
    package var point: String

    /// Lets devices go on.
    package init(point: String) {
        self.point = point
    }
}
