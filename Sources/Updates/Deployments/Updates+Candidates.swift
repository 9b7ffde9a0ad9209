internal import Devices
internal import Journal
internal import Store

/// What a device asks with.
struct Poll: Sendable {
    let deviceID: String
    let report: DeviceReport
    /// The report as one text.
    let text: String

    init(_ deviceID: String, _ report: DeviceReport) {
        (self.deviceID, self.report, text) = (deviceID, report, report.text)
    }
}

/// Which deployment is next for a device, and whether it may begin.
extension Updates {
    /// The next deployment that the device has not had: what was pushed to it, then the others in their order.
    ///
    /// - Parameter isPush: only what was pushed.
    func candidate(_ poll: Poll, isPush: Bool = false, in db: Database) throws -> Deployment? {
        var open = try DeploymentStore.named(poll.deviceID, now: now(), in: db)
        if isPush {
            open.removeAll { !$0.plan.isPush }
        } else {
            open += try DeploymentStore.dynamic(poll.deviceID, now: now(), in: db)
        }
        // Nearly always there is none: what the device has had is read only when there is one.
        guard !open.isEmpty else { return nil }
        let had = try InstallationStore.places(poll.deviceID, in: db)
        open.sort { one, other in
            one.plan.isPush == other.plan.isPush ? one.place.isBefore(other.place) : one.plan.isPush
        }
        for deployment in open {
            if deployment.plan.isPush { return deployment }
            // Settings are no firmware: only devices that ask take them.
            if poll.report.occasion.isLive, deployment.isConfiguration { continue }
            // One that has all the devices it was limited to is nothing to wait for; nor is one older than what the
            // device has had.
            guard deployment.counts.begun < deployment.expectedDevices,
                !had.contains(where: deployment.place.isBefore)
            else { continue }
            if case .filter(let filter) = deployment.target {
                guard try matches(poll.deviceID, filter, in: db) else { continue }
            }
            if try means(poll, deployment, in: db) { return deployment }
        }
        return nil
    }

    /// Whether the device is one that a deployment is for, by what it reports now or else has reported of itself.
    func means(_ poll: Poll, _ deployment: Deployment, in db: Database) throws -> Bool {
        // One that did not say enough is no other device for that; ``knowsEnough(_:for:in:)`` lets it wait.
        guard deployment.plan.hasConditions, poll.report.isComplete else { return true }
        return try deployment.plan.means { name in
            try poll.report.provides[name] ?? inventory.reportedText(name, of: poll.deviceID, in: db)
        }
    }

    /// Whether it waits for a device that would go through its hold points.
    func isHeld(_ deployment: Deployment, _ poll: Poll) -> Bool {
        guard !poll.report.takesHoldPoints, let points = deployment.plan.holdPoints else { return false }
        return points.rules.values.contains { $0.action == .pause || $0.action == .fail }
    }

    /// Whether a device said enough of itself. A push is chosen by nothing but what its artifact is for.
    private func knowsEnough(_ poll: Poll, for deployment: Deployment, in db: Database) throws -> Bool {
        if poll.report.isComplete { return true }
        guard deployment.plan.isPush else { return false }
        return try choose(deployment, chosen: nil, poll.report, in: db) != nil
    }

    /// Whether a device may begin now: not paused, its phase's turn, within a window, updates let through to the
    /// device, a place free among those at work.
    func mayBegin(_ deployment: Deployment, _ poll: Poll, isNew: Bool, in db: Database) throws -> Bool {
        let plan = deployment.plan
        guard deployment.pauseReason == nil, !isHeld(deployment, poll),
            try knowsEnough(poll, for: deployment, in: db)
        else { return false }
        let quota = plan.quota(devices: deployment.expectedDevices, now: now()) ?? Int.max
        if isNew, deployment.counts.begun >= quota { return false }
        guard plan.isPush || isInWindow(plan) else { return false }
        guard try isOpen(poll, for: plan, in: db) else { return false }
        guard let concurrent = plan.concurrent, !plan.isPush else { return true }
        return try InstallationStore.inFlight(of: deployment.number, in: db) < concurrent
    }

    func isInWindow(_ plan: RolloutPlan) -> Bool {
        guard !plan.windows.isEmpty else { return true }
        let time = localTime(now())
        return plan.windows.contains { $0.contains(day: time.day, minute: time.minute) }
    }

    /// Whether a device takes updates now (docs/protocols/device-link.md 8.2). What an operator pushed passes
    /// everything but an update that is under way.
    private func isOpen(_ poll: Poll, for plan: RolloutPlan, in db: Database) throws -> Bool {
        let settings = try UpdateSettingsStore.find(poll.deviceID, in: db) ?? UpdateSettings()
        // Also one that was aborted, or that the device began by itself: it can't be stopped over a link.
        if poll.report.occasion.isLive, settings.flight?.state.isBusy == true { return false }
        if plan.isPush { return true }
        guard settings.isEnabled, poll.report.isValidated, settings.waitsUntil(now: now()) == nil else { return false }
        switch settings.mode {
        case .automatic: return true
        case .deviceManaged: return poll.report.occasion != .push
        case .off: return false
        }
    }

    /// Whether a device began so often lately that it has to wait; it does from now on.
    func isTooOften(_ poll: Poll, _ deployment: Deployment, in db: Database) throws -> Bool {
        guard let rate = deployment.plan.failureRate, !deployment.plan.isPush,
            var settings = try UpdateSettingsStore.find(poll.deviceID, in: db),
            rate.isReached(by: settings.attempts, now: now())
        else { return false }
        let attempts = settings.attempts.count
        settings.unblock()
        settings.block(
            seconds: deployment.plan.penaltyMinutes.map { Int64($0) * 60 } ?? rate.seconds, now: now())
        try UpdateSettingsStore.save(settings, of: poll.deviceID, in: db)
        try journal.audit(
            "device.blocked", poll.deviceID, by: .hub,
            detail: ["deployment": deployment.id, "tries": "\(attempts)"], in: db)
        return true
    }
}
