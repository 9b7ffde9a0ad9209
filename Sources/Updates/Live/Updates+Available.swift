internal import Journal
internal import Store

/// What a device may ask without taking it (docs/protocols/device-link.md 9).
extension Updates {
    /// What the device would be sent if it asked for it now; `nil` for nothing.
    package func available(_ deviceID: String, _ report: DeviceReport) async throws -> Instructions? {
        if idleness.value(.all, version: journal.store.version(of: deploymentTables)) == true { return nil }
        var asked = report
        asked.occasion = .request
        let poll = Poll(deviceID, asked)
        return try await journal.store.lookUp { [self] db in try look(poll, in: db) }
    }

    private func look(_ poll: Poll, in db: Database) throws -> Instructions? {
        let open = try InstallationStore.open(poll.deviceID, in: db)
        guard open?.provided == nil else { return nil }
        let waiting = try open.flatMap { try DeploymentStore.find(number: $0.deployment, in: db) }
        let pushed = waiting == nil ? nil : try candidate(poll, isPush: true, in: db)
        guard let deployment = try pushed ?? waiting ?? candidate(poll, in: db),
            try means(poll, deployment, in: db),
            try mayBegin(deployment, poll, isNew: pushed != nil || waiting == nil, in: db),
            try isCovered(deployment, in: db),
            let artifact = try choose(deployment, chosen: nil, poll.report, in: db),
            !artifact.isInstalled(poll.report, isForced: deployment.plan.isForced)
        else { return nil }
        return Instructions(deployment: deployment, artifact: artifact)
    }
}
