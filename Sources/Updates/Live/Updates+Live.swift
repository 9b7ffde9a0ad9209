internal import Devices
package import Journal
internal import Store
package import Wire

/// Updates of devices that hold a link: what they report, and what their coming back tells
/// (docs/protocols/device-link.md 6.2, 7).
extension Updates {
    /// Takes what a device reports of the update it was sent.
    ///
    /// A report of an update that the hub did not start, or whose part has ended, is shown with the device and moves
    /// nothing, and so does one that goes back; of these one in ``LiveProgress/storeSeconds`` is taken.
    package func report(_ report: LinkStatus, device deviceID: String, by requester: Requester) async throws {
        let device = DeviceID(deviceID)
        guard live.note(report, of: device, now: now()) == .store else { return }
        let outcome = try await journal.store.write { [self] db in
            try take(report, deviceID, by: requester, in: db)
        }
        live.set(outcome.entry, of: device)
        await slotsMayBeFree(outcome.freed)
        // It may have it once more, or the next one.
        if outcome.freed != nil { notices.send(.offer, to: [deviceID]) }
    }

    /// Percent of each device of a deployment that reports over its link, as it is now.
    package func progress(of deploymentID: String) -> [DeviceID: Int] {
        live.progress(of: deploymentID)
    }

    /// What a report led to.
    private struct Outcome: Sendable {
        /// How far the device is; `nil` when its part has ended.
        var entry: LiveProgress.Entry?
        /// UUID of a deployment of which the device is not at work any more.
        var freed: String?
    }

    private func take(
        _ report: LinkStatus, _ deviceID: String, by requester: Requester, in db: Database
    ) throws -> Outcome {
        // One that was removed meanwhile has no row to keep anything in.
        guard try devices.device(deviceID, in: db) != nil else { return Outcome() }
        var settings = try UpdateSettingsStore.find(deviceID, in: db) ?? UpdateSettings()
        guard var flight = settings.flight, let (found, deployment) = try part(flight, deviceID, in: db) else {
            settings.flight = UpdateFlight(
                state: report.state, progress: report.progress, changedAt: now(), note: report.text)
            try UpdateSettingsStore.save(settings, of: deviceID, in: db)
            return Outcome(
                entry: .init(deployment: nil, state: report.state, percent: report.progress ?? 0, storedAt: now()))
        }
        if flight.state == .requested { settings.addAttempt(at: now()) }
        guard report.state.isBusy else {
            settings.flight = nil
            if case .rescheduled(let seconds, _) = report, !deployment.plan.isPush {
                settings.block(
                    seconds: min(max(seconds, LinkStatus.delays.lowerBound), LinkStatus.delays.upperBound), now: now())
            }
            try UpdateSettingsStore.save(settings, of: deviceID, in: db)
            try end(report, (found, deployment), by: requester, in: db)
            return Outcome(freed: deployment.id)
        }
        flight.changedAt = now()
        if flight.admits(report) {
            (flight.state, flight.progress, flight.note) = (report.state, report.progress, report.text)
            var (installation, moved) = (found, deployment)
            installation.substate = report.text
            if let status = report.status { try move(&installation, to: status, &moved, by: requester, in: db) }
        }
        settings.flight = flight
        try UpdateSettingsStore.save(settings, of: deviceID, in: db)
        return Outcome(
            entry: .init(
                deployment: deployment.id, state: flight.state, percent: flight.progress ?? 0, storedAt: now()))
    }

    /// The part that an update under way belongs to; `nil` when there is none, or it has ended.
    func part(
        _ flight: UpdateFlight, _ deviceID: String, in db: Database
    ) throws -> (Installation, Deployment)? {
        guard let number = flight.deployment, let deployment = try DeploymentStore.find(number: number, in: db),
            let installation = try InstallationStore.find(number, deviceID, in: db),
            !installation.status.isFinished, installation.provided != nil
        else { return nil }
        return (installation, deployment)
    }

    /// Takes that a device gave an update up.
    private func end(
        _ report: LinkStatus, _ part: (Installation, Deployment), by requester: Requester, in db: Database
    ) throws {
        var (installation, deployment) = part
        installation.substate = report.text
        guard case .rescheduled = report, !deployment.plan.isPush else {
            return try fail(&installation, &deployment, by: requester, in: db)
        }
        try wait(&installation, in: db)
        try journal.audit(
            "deployment.reschedule", installation.deviceID, by: requester, detail: ["deployment": deployment.id],
            in: db)
    }

    /// Notes that a device is sent an update over its link.
    func launch(_ deployment: Deployment, to deviceID: String, _ report: DeviceReport, in db: Database) throws {
        var settings = try UpdateSettingsStore.find(deviceID, in: db) ?? UpdateSettings()
        settings.flight = UpdateFlight(
            deployment: deployment.number, state: .requested, changedAt: now(), from: report.firmwareUUID)
        try UpdateSettingsStore.save(settings, of: deviceID, in: db)
    }
}

extension UpdateFlight {
    /// Whether a report goes on from where the update is.
    func admits(_ report: LinkStatus) -> Bool {
        guard report.state == state else { return report.state.isBehind(state) }
        return report.progress ?? 0 >= progress ?? 0
    }
}

extension UpdateFlight.State {
    /// Whether an update gets here after it was at another state.
    func isBehind(_ other: Self) -> Bool {
        guard let mine = Self.allCases.firstIndex(of: self), let its = Self.allCases.firstIndex(of: other) else {
            return false
        }
        return mine > its
    }
}
