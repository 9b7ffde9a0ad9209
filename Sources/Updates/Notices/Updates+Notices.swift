internal import Devices
internal import Journal
internal import Store
internal import Wire

/// Whom a deployment concerns when it is made, goes on, or ends.
extension Updates {
    /// Announces a deployment that was made or goes on; to be called after that is durable.
    func announce(_ deploymentID: String) async {
        guard notices.isHeard else { return }
        // It is valid whether or not it is announced: devices ask by themselves as well.
        let devices = try? await journal.store.read { [self] db in try concerned(by: deploymentID, in: db) }
        notices.send(.offer, to: devices ?? [])
    }

    /// Devices that are not done with a deployment: those at work, and, while it lets devices begin, those that have
    /// not begun.
    private func concerned(by deploymentID: String, in db: Database) throws -> [String] {
        guard let deployment = try DeploymentStore.find(deploymentID, in: db), deployment.state != .finished else {
            return []
        }
        let atWork = try InstallationStore.unfinished(of: deployment.number, in: db).map(\.deviceID)
        switch deployment.status(now: now()) {
        case .paused, .scheduled, .finished: return atWork
        case .pending, .inProgress: break
        }
        guard case .filter(let text) = deployment.target else {
            return try atWork + DeploymentStore.silentTargets(of: deployment.number, in: db)
        }
        let known = try InstallationStore.devices(of: deployment.number, in: db)
        let matching = try inventory.devices(matching: try Self.filter(text), in: db)
        return atWork + matching.filter { !known.contains(DeviceID($0)) }
    }
}
