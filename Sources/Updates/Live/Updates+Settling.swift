internal import Devices
internal import Journal
internal import Store

/// What becomes of the update that was under way when a device comes back (docs/protocols/device-link.md 6.2, 7.4).
extension Updates {
    /// Decides by what the device runs now.
    ///
    /// - Returns: the deployment of which the device is not at work any more.
    func settle(
        _ deviceID: String, _ running: RunningFirmware, by requester: Requester, in db: Database
    ) throws -> String? {
        guard var settings = try UpdateSettingsStore.find(deviceID, in: db) else { return nil }
        guard var flight = settings.flight, let (installation, deployment) = try part(flight, deviceID, in: db) else {
            if settings.flight != nil, running.downloading == nil {
                settings.flight = nil
                try UpdateSettingsStore.save(settings, of: deviceID, in: db)
            }
            return try settleWaiting(deviceID, running, by: requester, in: db)
        }
        let artifact = try installation.artifactID.flatMap { try artifacts.find($0, in: db) }
        if artifact?.isRunning(running) == true {
            try succeed(&settings, installation, deployment, by: requester, in: db)
        } else if flight.isElsewhere(running) {
            try endTry(
                (installation, deployment), &settings, "came back with other firmware", running, isPunished: false,
                by: requester, in: db)
        } else if running.downloading != nil {
            guard !(0..<LiveProgress.storeSeconds).contains(now() - flight.changedAt) else { return nil }
            flight.changedAt = now()
            settings.flight = flight
            try UpdateSettingsStore.save(settings, of: deviceID, in: db)
            return nil
        } else if running.uuid == nil {
            // It may run the one or the other: nothing is held against it.
            try interrupt(
                installation, deployment, &settings, "came back and did not say what it runs", isTry: false,
                by: requester, in: db)
        } else if flight.state == .completed {
            try endTry(
                (installation, deployment), &settings, "came back with its old firmware", running, isPunished: true,
                by: requester, in: db)
        } else {
            try interrupt(installation, deployment, &settings, "fetches it no more", by: requester, in: db)
        }
        return deployment.id
    }

    /// Takes that a device came back without what it was sent.
    private func endTry(
        _ part: (Installation, Deployment), _ settings: inout UpdateSettings, _ reason: String,
        _ running: RunningFirmware, isPunished: Bool, by requester: Requester, in db: Database
    ) throws {
        var (installation, deployment) = part
        settings.flight = nil
        try UpdateSettingsStore.save(settings, of: installation.deviceID, in: db)
        installation.substate = reason + (running.hasReverted ? ", which it went back to" : "")
        try fail(&installation, &deployment, isPunished: isPunished, by: requester, in: db)
    }

    /// A device whose try broke off may have gone on with it all the same.
    private func settleWaiting(
        _ deviceID: String, _ running: RunningFirmware, by requester: Requester, in db: Database
    ) throws -> String? {
        guard running.uuid != nil, let open = try InstallationStore.open(deviceID, in: db), open.provided == nil,
            let deployment = try DeploymentStore.find(number: open.deployment, in: db),
            var settings = try UpdateSettingsStore.find(deviceID, in: db)
        else { return nil }
        let isThere = try DeploymentStore.artifacts(of: deployment.number, in: db).contains { id in
            let artifact = try artifacts.find(id, in: db)
            return artifact?.firmwareUUID != nil && artifact?.isRunning(running) == true
        }
        guard isThere else { return nil }
        try succeed(&settings, open, deployment, by: requester, in: db)
        return deployment.id
    }

    private func succeed(
        _ settings: inout UpdateSettings, _ installation: Installation, _ deployment: Deployment,
        by requester: Requester, in db: Database
    ) throws {
        var (installation, deployment) = (installation, deployment)
        settings.succeed()
        try UpdateSettingsStore.save(settings, of: installation.deviceID, in: db)
        installation.substate = ""
        try move(&installation, to: .success, &deployment, by: requester, in: db)
    }

    /// Takes that a try broke off without a word of the device. That happens to good devices: it is sent again, but not
    /// forever, and where the deployment counts tries without success it is one of them once the device had it.
    ///
    /// - Parameter isTry: whether it may be counted as one.
    func interrupt(
        _ installation: Installation, _ deployment: Deployment, _ settings: inout UpdateSettings, _ reason: String,
        isTry: Bool = true, by requester: Requester, in db: Database
    ) throws {
        var (installation, deployment) = (installation, deployment)
        let isCounted = isTry && deployment.plan.failures != nil && settings.flight?.state != .requested
        settings.flight = nil
        settings.interruptions += 1
        let isLast = settings.interruptions >= UpdateSettings.interruptionLimit
        if isLast { settings.interruptions = 0 }
        try UpdateSettingsStore.save(settings, of: installation.deviceID, in: db)
        installation.substate = reason
        if isLast {
            installation.substate += ", \(UpdateSettings.interruptionLimit) times"
            try move(&installation, to: .failure, &deployment, by: requester, in: db)
        } else if isCounted {
            try fail(&installation, &deployment, isPunished: false, by: requester, in: db)
        } else {
            try wait(&installation, in: db)
        }
    }
}

extension UpdateFlight {
    /// Whether a device runs something else than when it was sent the update.
    fileprivate func isElsewhere(_ running: RunningFirmware) -> Bool {
        guard let from, let uuid = running.uuid else { return false }
        return !from.isSameUUID(as: uuid)
    }
}
