package import Journal
internal import Store
internal import Wire

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
        let poll = Poll(deviceID, report)
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
            var decision = try decide(poll, by: requester, in: db)
            // Who asks by itself asks for the next one soon; over a link nobody would.
            var rounds = 0
            while case .skip = decision, report.occasion.isLive, rounds < Self.skipLimit {
                decision = try decide(poll, by: requester, in: db)
                rounds += 1
            }
            return decision
        }
        if case .conflict = decision { throw UpdatesError.conflictingReport }
        guard case .install(let instructions) = decision else { return nil }
        // What the device reports from here on is of this update, not of one it began by itself.
        if report.occasion.isLive { live.set(nil, of: DeviceID(deviceID)) }
        return instructions
    }

    /// Deployments that are passed over for one question over a link.
    private static let skipLimit = 16

    /// What ``Updates/idleness`` is about.
    enum IdlenessKey: Sendable {
        case all
    }

    private enum QuickDecision {
        case nothing, decide
        case again(Instructions)
    }

    private enum Decision {
        case nothing, conflict
        /// The device needs nothing of a deployment; another one may be there.
        case skip
        case install(Instructions)
    }

    /// Looks without writing; what it says is decided again where it leads to a change.
    private func decideQuickly(_ poll: Poll, in db: Database) throws -> QuickDecision {
        guard let open = try InstallationStore.open(poll.deviceID, in: db) else {
            guard let candidate = try candidate(poll, in: db) else { return .nothing }
            return try mayBegin(candidate, poll, isNew: true, in: db) ? .decide : .nothing
        }
        if open.provided == nil {
            if let pushed = try candidate(poll, isPush: true, in: db) {
                return try mayBegin(pushed, poll, isNew: true, in: db) ? .decide : .nothing
            }
            guard let deployment = try DeploymentStore.find(number: open.deployment, in: db),
                try means(poll, deployment, in: db)
            else { return .decide }
            return try mayBegin(deployment, poll, isNew: false, in: db) ? .decide : .nothing
        }
        // It was sent over the link. Should that have failed, the end of the link shows it.
        if poll.report.occasion.isLive { return .nothing }
        guard let deployment = try DeploymentStore.find(number: open.deployment, in: db), open.provided == poll.text
        else { return .decide }
        if isHeld(deployment, poll) { return .nothing }
        if deployment.isConfiguration { return .again(Instructions(deployment: deployment, artifact: nil)) }
        guard let artifact = try open.artifactID.flatMap({ try artifacts.find($0, in: db) }) else {
            return .decide
        }
        guard try mayHave(artifact, type: poll.report.deviceType, in: db) else { return .nothing }
        return .again(Instructions(deployment: deployment, artifact: artifact))
    }

    private enum Beginning {
        case nothing
        case part(Installation, Deployment)
    }

    /// The device's part that it is at work on, or that begins or goes on now.
    private func begin(_ poll: Poll, by requester: Requester, in db: Database) throws -> Beginning {
        if let open = try InstallationStore.open(poll.deviceID, in: db),
            var deployment = try DeploymentStore.find(number: open.deployment, in: db)
        {
            if open.provided != nil { return .part(open, deployment) }
            if try candidate(poll, isPush: true, in: db) == nil {
                if try means(poll, deployment, in: db) {
                    guard try mayBegin(deployment, poll, isNew: false, in: db),
                        try !isTooOften(poll, deployment, in: db)
                    else { return .nothing }
                    return .part(open, deployment)
                }
                // It has become another device since its last try: nothing of this is left for it to wait for.
                var installation = open
                try move(&installation, to: .noArtifact, &deployment, by: requester, in: db)
            }
        }
        guard var deployment = try candidate(poll, in: db), try mayBegin(deployment, poll, isNew: true, in: db),
            try !isTooOften(poll, deployment, in: db)
        else { return .nothing }
        deployment.counts.begun += 1
        let installation = Installation(
            deployment: deployment.number, deviceID: poll.deviceID, status: .pending, substate: "", createdAt: now(),
            deviceType: "", failedAttempts: 0, hasLog: false, size: 0)
        return .part(installation, deployment)
    }

    private func decide(_ poll: Poll, by requester: Requester, in db: Database) throws -> Decision {
        let (deviceID, report) = (poll.deviceID, poll.report)
        guard case .part(var installation, var deployment) = try begin(poll, by: requester, in: db) else {
            return .nothing
        }
        if let before = installation.provided, before != poll.text {
            if report.occasion.isLive { return .nothing }
            try fail(&installation, &deployment, by: requester, in: db)
            return .conflict
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
        guard let artifact = try choose(deployment, chosen: installation.artifactID, report, in: db) else {
            try move(&installation, to: .noArtifact, &deployment, by: requester, in: db)
            return .skip
        }
        if installation.status == .pending, artifact.isInstalled(report, isForced: deployment.plan.isForced) {
            try move(&installation, to: .alreadyInstalled, &deployment, by: requester, in: db)
            return .skip
        }
        if installation.artifactID == nil {
            try journal.audit(
                "deployment.offer", deviceID, by: requester,
                detail: ["deployment": deployment.id, "artifact": artifact.id], in: db)
        }
        installation.artifactID = artifact.id
        installation.size = artifact.size
        try save(installation, deployment, in: db)
        if report.occasion.isLive { try launch(deployment, to: deviceID, report, in: db) }
        return .install(Instructions(deployment: deployment, artifact: artifact))
    }

    /// The smallest artifact of the release that fits the device, a whole one where there is one; the choice is kept.
    func choose(
        _ deployment: Deployment, chosen: String?, _ report: DeviceReport, in db: Database
    ) throws -> StoredArtifact? {
        if let chosen { return try artifacts.find(chosen, in: db) }
        return try DeploymentStore.artifacts(of: deployment.number, in: db)
            .compactMap { try artifacts.find($0, in: db) }
            .filter { $0.fits(report) }
            .min { ($0.isDelta ? 1 : 0, $0.size, $0.id) < ($1.isDelta ? 1 : 0, $1.size, $1.id) }
    }

    private func save(_ installation: Installation, _ deployment: Deployment, in db: Database) throws {
        try InstallationStore.save(installation, in: db)
        try DeploymentStore.update(deployment, in: db)
    }
}
