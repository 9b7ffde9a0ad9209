package import Journal
internal import Store

/// What a device is told to install.
package struct Instructions: Sendable, Equatable {
    package let deployment: Deployment
    /// What to fetch; `nil` for a configuration, which is made for the device.
    package let artifact: StoredArtifact?
}

/// Answering a device that asks for something to do.
extension Updates {
    /// What a device should install now; `nil` for nothing. Asking again gives the same answer, also after a restart of
    /// either side.
    ///
    /// Nothing to do, and the same instructions again, cost no write.
    /// - Throws: ``UpdatesError/conflictingReport`` when the device reports something else than when it got its
    ///   instructions; its part of the deployment has failed then.
    package func next(
        _ deviceID: String, _ report: DeviceReport, by requester: Requester
    ) async throws -> Instructions? {
        // Nearly always there is nothing for anybody: that is known without a look.
        let version = journal.store.version(of: deploymentTables)
        let known = idleness.value(.all, version: version)
        if known == true { return nil }
        let poll = Poll(deviceID: deviceID, report: report, text: report.text)
        let (quick, isIdle) = try await journal.store.lookUp { [self] db in
            (try decideQuickly(poll, in: db), try known ?? DeploymentStore.isIdle(in: db))
        }
        idleness.keep(isIdle, for: .all, version: version)
        switch quick {
        case .nothing: return nil
        case .again(let instructions): return instructions
        case .decide: break
        }
        let decision = try await journal.store.write { [self] db in
            try decide(poll, by: requester, in: db)
        }
        if case .conflict = decision { throw UpdatesError.conflictingReport }
        if case .install(let instructions) = decision { return instructions }
        return nil
    }

    /// What ``Updates/idleness`` is about.
    enum IdlenessKey: Sendable {
        case all
    }

    /// What a device asks with.
    private struct Poll: Sendable {
        let deviceID: String
        let report: DeviceReport
        /// The report as one text.
        let text: String
    }

    private enum QuickDecision {
        case nothing, decide
        case again(Instructions)
    }

    private enum Decision {
        case nothing, conflict
        case install(Instructions)
    }

    /// Looks without writing; what it says is decided again where it leads to a change.
    private func decideQuickly(_ poll: Poll, in db: Database) throws -> QuickDecision {
        if let open = try InstallationStore.open(poll.deviceID, in: db) {
            guard let deployment = try DeploymentStore.find(number: open.deployment, in: db) else { return .decide }
            if open.provided == nil { return mayBegin(deployment, poll, isNew: false) ? .decide : .nothing }
            guard open.provided == poll.text else { return .decide }
            if isHeld(deployment, poll) { return .nothing }
            if deployment.isConfiguration { return .again(Instructions(deployment: deployment, artifact: nil)) }
            guard let artifact = try open.artifactID.flatMap({ try artifacts.find($0, in: db) }) else {
                return .decide
            }
            guard try mayHave(artifact, type: poll.report.deviceType, in: db) else { return .nothing }
            return .again(Instructions(deployment: deployment, artifact: artifact))
        }
        guard let candidate = try candidate(poll.deviceID, in: db) else { return .nothing }
        return mayBegin(candidate, poll, isNew: true) ? .decide : .nothing
    }

    private func candidate(_ deviceID: String, in db: Database) throws -> Deployment? {
        let open =
            try DeploymentStore.named(deviceID, now: now(), in: db)
            + DeploymentStore.dynamic(deviceID, now: now(), in: db)
        // Nearly always there is none: what the device has had is read only when there is one.
        guard !open.isEmpty else { return nil }
        let had = try InstallationStore.places(deviceID, in: db)
        for deployment in open.sorted(by: { $0.place.isBefore($1.place) }) {
            // One that has all the devices it was limited to is nothing to wait for; nor is one older than what the
            // device has had.
            guard deployment.counts.begun < deployment.expectedDevices,
                !had.contains(where: deployment.place.isBefore)
            else { continue }
            guard case .filter(let filter) = deployment.target else { return deployment }
            if try matches(deviceID, filter, in: db) { return deployment }
        }
        return nil
    }

    /// Whether it waits for a device that would go through its hold points.
    private func isHeld(_ deployment: Deployment, _ poll: Poll) -> Bool {
        guard !poll.report.takesHoldPoints, let points = deployment.plan.holdPoints else { return false }
        return points.rules.values.contains { $0.action == .pause || $0.action == .fail }
    }

    /// Whether a device may begin now: not paused, its phase's turn, within a window.
    private func mayBegin(_ deployment: Deployment, _ poll: Poll, isNew: Bool) -> Bool {
        guard deployment.pauseReason == nil, !isHeld(deployment, poll) else { return false }
        let quota = deployment.plan.quota(devices: deployment.expectedDevices, now: now()) ?? Int.max
        if isNew, deployment.counts.begun >= quota { return false }
        guard !deployment.plan.windows.isEmpty else { return true }
        let time = localTime(now())
        return deployment.plan.windows.contains { $0.contains(day: time.day, minute: time.minute) }
    }

    private func decide(_ poll: Poll, by requester: Requester, in db: Database) throws -> Decision {
        let (deviceID, report) = (poll.deviceID, poll.report)
        var installation: Installation
        var deployment: Deployment
        if let open = try InstallationStore.open(deviceID, in: db),
            let found = try DeploymentStore.find(number: open.deployment, in: db)
        {
            (installation, deployment) = (open, found)
            if let before = open.provided, before != poll.text {
                try fail(&installation, &deployment, by: requester, in: db)
                return .conflict
            }
            if open.provided == nil, !mayBegin(deployment, poll, isNew: false) { return .nothing }
        } else {
            guard let found = try candidate(deviceID, in: db), mayBegin(found, poll, isNew: true) else {
                return .nothing
            }
            deployment = found
            installation = Installation(
                deployment: found.number, deviceID: deviceID, status: .pending, substate: "", createdAt: now(),
                deviceType: "", failedAttempts: 0, hasLog: false, size: 0)
            deployment.counts.begun += 1
        }
        installation.provided = poll.text
        installation.deviceType = report.deviceType
        guard !deployment.isConfiguration else {
            try save(installation, deployment, in: db)
            return .install(Instructions(deployment: deployment, artifact: nil))
        }
        // What no release covers is held for everybody, whatever may fit beside it.
        guard try isCovered(deployment, in: db) else {
            try holdUncovered(in: db)
            return .nothing
        }
        guard let artifact = try choose(deployment, for: installation, report, in: db) else {
            try move(&installation, to: .noArtifact, &deployment, by: requester, in: db)
            return .nothing
        }
        if artifact.name == report.artifactName, installation.status == .pending, !deployment.plan.isForced {
            try move(&installation, to: .alreadyInstalled, &deployment, by: requester, in: db)
            return .nothing
        }
        if installation.artifactID == nil {
            try journal.audit(
                "deployment.offer", deviceID, by: requester,
                detail: ["deployment": deployment.id, "artifact": artifact.id], in: db)
        }
        installation.artifactID = artifact.id
        installation.size = artifact.size
        try save(installation, deployment, in: db)
        return .install(Instructions(deployment: deployment, artifact: artifact))
    }

    /// The smallest artifact of the release that fits the device; the choice is kept.
    private func choose(
        _ deployment: Deployment, for installation: Installation, _ report: DeviceReport, in db: Database
    ) throws -> StoredArtifact? {
        if let id = installation.artifactID { return try artifacts.find(id, in: db) }
        return try DeploymentStore.artifacts(of: deployment.number, in: db)
            .compactMap { try artifacts.find($0, in: db) }
            .filter { $0.fits(report) }
            .min { ($0.size, $0.id) < ($1.size, $1.id) }
    }

    private func save(_ installation: Installation, _ deployment: Deployment, in db: Database) throws {
        try InstallationStore.save(installation, in: db)
        try DeploymentStore.update(deployment, in: db)
    }
}
