package import Journal
internal import Store

/// What devices report of a deployment.
extension Updates {
    /// Takes a device's report; the same one may come any number of times and costs a write only once.
    ///
    /// What ended stays as it ended: a later report of something else is kept beside it, see
    /// ``Installation/lateReport``. A report that says nothing about its status leaves what an earlier one of the same
    /// try said, as the original does: the last word of a state script is worth reading after the success too.
    /// - Parameter substate: text of the device, empty for none.
    /// - Throws: ``UpdatesError/notForDevice``, ``UpdatesError/aborted``, ``UpdatesError/decommissioned``.
    package func report(
        _ status: InstallationStatus, substate: String, of deploymentID: String, device deviceID: String,
        by requester: Requester
    ) async throws {
        let (known, _) = try await journal.store.lookUp { [self] db in try part(deploymentID, deviceID, in: db) }
        if known.status == status, substate.isEmpty || known.substate == substate { return }
        try await journal.store.write { [self] db in
            var (installation, deployment) = try part(deploymentID, deviceID, in: db)
            // A device that failed and will be asked again says so twice when its log was late.
            if installation.status == .pending, installation.provided == nil, installation.failedAttempts > 0 { return }
            if installation.status.isFinished, installation.status != status {
                let count = installation.lateReport?.count ?? 0
                installation.lateReport = LateReport(status: status, substate: substate, count: count + 1)
                return try InstallationStore.save(installation, in: db)
            }
            try noteTry(installation, status, deployment, in: db)
            if !substate.isEmpty || installation.status == .pending { installation.substate = substate }
            if status == .failure, !installation.status.isFinished {
                return try fail(&installation, &deployment, by: requester, in: db)
            }
            try move(&installation, to: status, &deployment, by: requester, in: db)
        }
    }

    /// Keeps a device's log instead of an earlier one.
    package func keepLog(_ text: String, of deploymentID: String, device deviceID: String) async throws {
        try await journal.store.write { db in
            guard let deployment = try DeploymentStore.find(deploymentID, in: db),
                var installation = try InstallationStore.find(deployment.number, deviceID, in: db)
            else { throw UpdatesError.unknownDeployment(deploymentID) }
            try InstallationStore.setLog(text, of: deployment.number, deviceID, in: db)
            guard !installation.hasLog else { return }
            installation.hasLog = true
            try InstallationStore.save(installation, in: db)
        }
    }

    /// The current hold points of a deployment.
    ///
    /// - Throws: ``UpdatesError`` when the deployment is no longer for the device, or has none.
    package func holdPoints(of deploymentID: String, device deviceID: String) async throws -> HoldPoints {
        try await journal.store.lookUp { [self] db in
            let (installation, deployment) = try part(deploymentID, deviceID, in: db)
            guard let points = deployment.plan.holdPoints, !installation.status.isFinished else {
                throw UpdatesError.notForDevice
            }
            return points
        }
    }

    private func part(
        _ deploymentID: String, _ deviceID: String, in db: Database
    ) throws -> (Installation, Deployment) {
        guard let deployment = try DeploymentStore.find(deploymentID, in: db),
            let installation = try InstallationStore.find(deployment.number, deviceID, in: db)
        else { throw UpdatesError.notForDevice }
        if installation.status == .aborted { throw UpdatesError.aborted }
        if installation.status == .decommissioned { throw UpdatesError.decommissioned }
        return (installation, deployment)
    }

    /// Counts a try at its first report, and forgets all of them after a success, where the deployment looks at them.
    private func noteTry(
        _ installation: Installation, _ status: InstallationStatus, _ deployment: Deployment, in db: Database
    ) throws {
        let isFirst = installation.status == .pending && installation.auditedStates.isEmpty
        let isSuccess =
            status == .success && !installation.status.isFinished && deployment.plan.penaltyMinutes != nil
        guard isFirst && deployment.plan.failureRate != nil || isSuccess else { return }
        var settings = try UpdateSettingsStore.find(installation.deviceID, in: db) ?? UpdateSettings()
        let before = settings
        if isSuccess { settings.unblock() } else { settings.addAttempt(at: now()) }
        if settings != before { try UpdateSettingsStore.save(settings, of: installation.deviceID, in: db) }
    }

    /// Takes a failure of a device that was at work: the end, or the beginning of another try.
    ///
    /// - Parameter isPunished: whether the device waits before it is given anything, where the deployment says so.
    func fail(
        _ installation: inout Installation, _ deployment: inout Deployment, isPunished: Bool = true,
        by requester: Requester, in db: Database
    ) throws {
        if isPunished { try punish(installation.deviceID, after: deployment, in: db) }
        guard deployment.plan.allowsRetry(after: installation.failedAttempts), !deployment.isAborted else {
            return try move(&installation, to: .failure, &deployment, by: requester, in: db)
        }
        installation.failedAttempts += 1
        try wait(&installation, in: db)
        try journal.audit(
            "deployment.retry", installation.deviceID, by: requester,
            detail: ["deployment": deployment.id, "failed": "\(installation.failedAttempts)"], in: db)
    }

    /// Lets a device's part begin once more.
    func wait(_ installation: inout Installation, in db: Database) throws {
        installation.status = .pending
        installation.provided = nil
        installation.artifactID = nil
        installation.auditedStates = []
        try InstallationStore.save(installation, in: db)
    }

    /// Changes the state of a device's part, and with it that of the whole deployment.
    func move(
        _ installation: inout Installation, to status: InstallationStatus, _ deployment: inout Deployment,
        by requester: Requester, in db: Database
    ) throws {
        let before = installation.status
        installation.status = status
        let isSkipped = deployment.plan.deviceLimit != nil && status.isSkip
        if status != .pending { installation.startedAt = installation.startedAt ?? now() }
        if status.isFinished { installation.finishedAt = installation.finishedAt ?? now() }
        let isNews = before != status && installation.auditedStates.insert(status).inserted
        try InstallationStore.save(installation, in: db)
        guard before != status else { return }
        if isSkipped {
            // Its place goes to another device: the limit is of devices that get the release.
            deployment.counts.begun -= 1
            if deployment.state == .pending { deployment.state = .inProgress }
        } else {
            deployment.counts.finished += status.isFinished ? 1 : 0
        }
        deployment.counts.failed += status == .failure ? 1 : 0
        if isNews {
            try journal.audit(
                "deployment.report", installation.deviceID, by: requester,
                detail: ["deployment": deployment.id, "status": status.storedWord], in: db)
        }
        try settle(&deployment, in: db)
    }

    /// Brings a deployment's state to what its counts say, and stops it when too many devices failed.
    func settle(_ deployment: inout Deployment, in db: Database) throws {
        guard !deployment.isAborted else { return try DeploymentStore.update(deployment, in: db) }
        let counts = deployment.counts
        let before = deployment.state
        if try counts.finished >= reachable(deployment, in: db) {
            deployment.state = .finished
        } else {
            deployment.state = counts.begun > 0 || before == .inProgress ? .inProgress : .pending
        }
        deployment.finishedAt = deployment.state == .finished ? deployment.finishedAt ?? now() : nil
        if deployment.state != .finished, deployment.pauseReason == nil,
            deployment.plan.stops(finished: counts.finished, failed: counts.failed)
        {
            deployment.pauseReason = "failures"
            try journal.audit(
                "deployment.pause", deployment.id, by: .hub,
                detail: ["failed": "\(counts.failed)", "finished": "\(counts.finished)"], in: db)
        }
        try DeploymentStore.update(deployment, in: db)
        if before != .finished, deployment.state == .finished {
            try tellOfHold(deployment, isHeld: false, in: db)
            try journal.audit(
                "deployment.finish", deployment.id, by: .hub,
                detail: ["failed": "\(counts.failed)", "finished": "\(counts.finished)"], in: db)
        }
    }

    /// How many devices it ends with: as many as it is limited to, or, where so many are not left beside those that
    /// needed nothing, these.
    private func reachable(_ deployment: Deployment, in db: Database) throws -> Int {
        guard deployment.plan.deviceLimit != nil, !deployment.isDynamic else { return deployment.expectedDevices }
        let skipped = try InstallationStore.statistics(of: deployment.number, in: db).skipped
        return min(deployment.expectedDevices, deployment.deviceCount - skipped)
    }

    /// Ends whatever is open for a device.
    func endInstallations(
        of deviceID: String, as status: InstallationStatus, by requester: Requester, in db: Database
    ) throws {
        for var installation in try InstallationStore.unfinished(ofDevice: deviceID, in: db) {
            guard var deployment = try DeploymentStore.find(number: installation.deployment, in: db) else { continue }
            try move(&installation, to: status, &deployment, by: requester, in: db)
        }
        // Deployments that name it and that it has not begun: it will never ask.
        for var next in try DeploymentStore.named(deviceID, now: Int64.max, in: db) {
            var installation = Installation(
                deployment: next.number, deviceID: deviceID, status: .pending, substate: "", createdAt: now(),
                deviceType: "", failedAttempts: 0, hasLog: false, size: 0)
            next.counts.begun += 1
            try move(&installation, to: status, &next, by: requester, in: db)
        }
    }
}
