/// A decision to bring one release to devices.
package struct Deployment: Sendable, Equatable {
    /// How far it has come.
    package enum State: Sendable, CaseIterable {
        /// No device has begun.
        case pending
        case inProgress
        /// All have finished, or it was aborted.
        case finished
    }

    /// Where it stands for the operator.
    package enum Status: Sendable, CaseIterable {
        /// Its first phase is still to come.
        case scheduled
        case pending, inProgress
        /// No further device begins.
        case paused
        case finished
    }

    /// Whom it was made for.
    package enum Target: Sendable, Equatable, Codable {
        /// Devices named one by one.
        case devices
        /// Every device that was accepted then.
        case allDevices
        /// The members of a group then.
        case group(String)
        /// Devices that match when they ask; the text of an inventory filter.
        case filter(String)
    }

    /// Order of creation.
    package var number: Int64
    /// UUID, lower case.
    package var id: String
    /// Text of the operator.
    package var name: String
    package var artifactName: String
    /// Whether it brings a configuration, made for each device, instead of an artifact.
    package var isConfiguration: Bool
    /// When it was made, Unix seconds.
    package var createdAt: Int64
    /// When it ended, Unix seconds; `nil` before.
    package var finishedAt: Int64?
    package var state: State
    /// Whether it was aborted.
    package var isAborted: Bool
    /// Why no further device begins, `nil` when they do: `operator`, `failures`.
    package var pauseReason: String?
    package var target: Target
    /// How it goes over its devices.
    package var plan: RolloutPlan
    /// How many devices it is for; for a filter its limit.
    package var deviceCount: Int
    /// How many of them have begun, finished, failed.
    package var counts: Counts

    /// How far it is.
    package struct Counts: Sendable, Equatable {
        /// Devices that were handed the release.
        package var begun = 0
        /// Devices that are done with it.
        package var finished = 0
        package var failed = 0

        package init() {}
    }

    /// When its first devices may begin, Unix seconds; never before it was made.
    package var startsAt: Int64 { max(createdAt, plan.phases.first?.startsAt ?? createdAt) }

    /// How many devices it ends with.
    package var expectedDevices: Int { min(deviceCount, plan.deviceLimit ?? deviceCount) }

    /// Whether devices come to it by matching a filter.
    package var isDynamic: Bool { if case .filter = target { true } else { false } }

    /// Where it stands for the operator.
    package func status(now: Int64) -> Status {
        if state != .finished, pauseReason != nil { return .paused }
        return switch state {
        case .pending: plan.isScheduled(now: now) ? .scheduled : .pending
        case .inProgress: .inProgress
        case .finished: .finished
        }
    }
}

/// What a device went on to say after its part of a deployment had ended: kept for the operator, and moves nothing.
package struct LateReport: Sendable, Equatable {
    /// The last of them.
    package var status: InstallationStatus
    /// Text of the device about it.
    package var substate: String
    package var count: Int

    /// What a device said.
    package init(status: InstallationStatus, substate: String, count: Int) {
        self.status = status
        self.substate = substate
        self.count = count
    }
}

/// What became of a deployment on one device.
package struct Installation: Sendable, Equatable {
    /// Number of the deployment.
    package var deployment: Int64
    package var deviceID: String
    /// How far it is.
    package var status: InstallationStatus
    /// Text of the device about it.
    package var substate: String
    /// When the device was handed it first, Unix seconds.
    package var createdAt: Int64
    /// When it reported something for the first time, Unix seconds.
    package var startedAt: Int64?
    /// When it was done, Unix seconds.
    package var finishedAt: Int64?
    /// Kind of device it said it is.
    package var deviceType: String
    /// What it reported when it was handed the instructions, as JSON; `nil` before, and again before another try.
    package var provided: String?
    /// The artifact chosen for it.
    package var artifactID: String?
    /// Tries that failed and are followed by another.
    package var failedAttempts: Int
    /// Whether a log was sent.
    package var hasLog: Bool
    /// Bytes it was told to fetch.
    package var size: Int64
    /// States the audit trail has of this try: each is told once, however often a device goes back and forth.
    package var auditedStates: Set<InstallationStatus> = []
    /// What it said after its end, when that was something else.
    package var lateReport: LateReport?
}
