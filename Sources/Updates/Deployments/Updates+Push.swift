package import Journal
internal import Store
internal import Wire

/// Bringing an artifact to one device at once.
extension Updates {
    /// Makes a deployment for one device that waits for nothing but its link: no window, no penalty, no mode. It goes
    /// before everything else, is tried once, and roll-outs leave the device alone from then on, because the next one
    /// would undo it.
    ///
    /// - Parameter artifact: ID of an artifact, or the name of a release, of which the device gets what fits.
    /// - Throws: ``UpdatesError``, also for an artifact that no co-signed release covers, and for one that does not fit
    ///   what the device last reported; nothing has changed then.
    package func push(
        _ artifact: String, to deviceID: String, by requester: Requester
    ) async throws -> Deployment {
        let id = artifact.lowercased()
        var found: StoredArtifact?
        if UniqueID.isValid(id) {
            found = try await journal.store.read { [self] db in try artifacts.find(id, in: db) }
        }
        let release = found?.name ?? artifact
        var new = NewDeployment(name: "push of \(release)", artifactName: release, target: .devices)
        new.devices = [deviceID]
        new.artifactID = found?.id
        new.plan.isForced = true
        new.plan.push = true
        return try await deploy(new, by: requester)
    }

    /// Ends roll-outs for a device that was pushed something.
    func keepFromRollouts(_ deviceID: String, by requester: Requester, in db: Database) throws {
        var settings = try UpdateSettingsStore.find(deviceID, in: db) ?? UpdateSettings()
        guard settings.isEnabled else { return }
        settings.isEnabled = false
        try UpdateSettingsStore.save(settings, of: deviceID, in: db)
        try journal.audit("device.updates", deviceID, by: requester, detail: ["enabled": "no"], in: db)
    }
}
