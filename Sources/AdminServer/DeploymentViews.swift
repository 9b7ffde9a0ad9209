internal import AdminAPI
internal import Encoding
internal import Updates

extension AdminDeployment {
    init(_ deployment: Deployment, _ statistics: DeploymentStatistics, now: Int64) {
        let plan = deployment.plan
        self.init(
            id: deployment.id, name: deployment.name, release: deployment.artifactName,
            status: deployment.isAborted ? "aborted" : deployment.status(now: now).word,
            createdAt: RFC3339.text(deployment.createdAt), startsAt: RFC3339.text(deployment.startsAt), target: "all")
        show(deployment.target)
        pauseReason = deployment.state == .finished ? nil : deployment.pauseReason
        finishedAt = deployment.finishedAt.map(RFC3339.text)
        if !deployment.isDynamic || plan.deviceLimit != nil { deviceCount = deployment.deviceCount }
        for (state, count) in statistics.counts where count > 0 { counts[state.word] = count }
        totalSize = statistics.totalSize
        artifacts = statistics.artifacts
        phases = zip(plan.phases, plan.sizes(devices: deployment.deviceCount)).map { phase, size in
            AdminPhase(
                percent: phase.percent, startsAt: phase.startsAt.map(RFC3339.text),
                deviceCount: deviceCount == nil ? nil : size)
        }
        stopRule = plan.stopRule.map { rule in
            AdminStopRule(failurePercent: rule.failurePercent, afterDevices: rule.afterDevices)
        }
        windows = plan.windows.map { AdminWindow($0) }
        retries = plan.retries
        force = plan.isForced
        holdPoints = HoldPoints.Point.allCases.filter { plan.holdPoints?.rules[$0]?.action == .pause }.map(\.word)
        showStanding(plan)
    }

    private mutating func showStanding(_ plan: RolloutPlan) {
        (concurrent, failures, penaltyMinutes) = (plan.concurrent, plan.failures, plan.penaltyMinutes)
        (product, platform, architecture) = (plan.product, plan.platform, plan.architecture)
        versionRequirement = plan.versionRequirement
        failureRate = plan.failureRate.map { AdminFailureRate(attempts: $0.amount, seconds: $0.seconds) }
        push = plan.isPush ? true : nil
    }

    private mutating func show(_ target: Deployment.Target) {
        switch target {
        case .devices: self.target = "devices"
        case .allDevices: self.target = "all"
        case .group(let name):
            self.target = "group"
            group = name
        case .filter(let text):
            self.target = "filter"
            filter = try? JSONValue(parsing: Array(text.utf8))
        }
    }
}

extension AdminWindow {
    init(_ window: RolloutPlan.Window) {
        self.init(
            days: window.days.isEmpty ? nil : window.days, from: Self.text(window.from), to: Self.text(window.to))
    }

    private static func text(_ minute: Int) -> String {
        func pad(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return pad(minute / 60) + ":" + pad(minute % 60)
    }
}

extension AdminInstallation {
    /// - Parameter progress: percent that the device told over its link.
    init(_ installation: Installation, progress: Int?) {
        self.init(
            deviceID: installation.deviceID, state: installation.status.word,
            // The room counts those that another one followed.
            failedAttempts: installation.failedAttempts + (installation.status == .failure ? 1 : 0),
            hasLog: installation.hasLog)
        deviceType = installation.deviceType.isEmpty ? nil : installation.deviceType
        artifactID = installation.artifactID
        startedAt = installation.startedAt.map(RFC3339.text)
        finishedAt = installation.finishedAt.map(RFC3339.text)
        lateState = installation.lateReport?.status.word
        lateReports = installation.lateReport?.count
        self.progress = installation.status.isFinished ? nil : progress
        // What is stored then is an earlier percent.
        substate = installation.substate.isEmpty || self.progress != nil ? nil : installation.substate
    }
}
