internal import Devices
internal import Journal
internal import Store
package import Wire

/// Whom a deployment concerns when it is made, goes on, or ends.
extension Updates {
    /// Announces a deployment that was made or goes on; to be called after that is durable.
    func announce(_ deploymentID: String) async {
        guard notices.isHeard else { return }
        // It is valid whether or not it is announced: devices ask by themselves as well.
        let found = try? await journal.store.read { [self] db in
            (try concerned(by: deploymentID, in: db), try freeSlots(of: deploymentID, in: db))
        }
        guard let (devices, slots) = found else { return }
        notices.send(.offer, to: devices, slots: slots)
    }

    /// Announces a deployment in which a device is not at work any more, when others wait for its place; to be called
    /// after that is durable.
    func slotsMayBeFree(_ deploymentID: String?) async {
        guard let deploymentID, notices.isHeard, freedSlots.take(deploymentID) else { return }
        await announceFreed(deploymentID)
    }

    /// Announces what was put off because it had just been looked at; called every second.
    package func lookAgain() async {
        for deploymentID in freedSlots.takeWaiting() { await announceFreed(deploymentID) }
    }

    private func announceFreed(_ deploymentID: String) async {
        let slots = try? await journal.store.read { [self] db in try freeSlots(of: deploymentID, in: db) }
        if let slots, slots > 0 { await announce(deploymentID) }
    }

    /// How many more devices of a deployment may be at work; `nil` for all.
    private func freeSlots(of deploymentID: String, in db: Database) throws -> Int? {
        guard let deployment = try DeploymentStore.find(deploymentID, in: db),
            let concurrent = deployment.plan.concurrent
        else { return nil }
        return max(0, concurrent - (try InstallationStore.inFlight(of: deployment.number, in: db)))
    }

    /// Announces what a device may begin by now, whatever happened: a phase or a window has come, a device's waiting is
    /// over. Called every two minutes.
    package func announceDue() async throws {
        guard notices.isHeard else { return }
        notices.send(UpdateNotice(kind: .offer, devices: try await due()))
    }

    /// Devices that may have something to begin now, at most ``dueLimit``: those beyond come at the next calls.
    package func due() async throws -> [DeviceID] {
        let found = try await journal.store.read { [self] db in
            var found: Set<DeviceID> = []
            for deployment in try DeploymentStore.unfinished(in: db) {
                found.formUnion(try due(deployment, in: db).map { DeviceID($0) })
            }
            return found.sorted()
        }
        return dueCursor.turn(found, limit: Self.dueLimit)
    }

    /// Devices of one look.
    static let dueLimit = 10_000

    /// Devices that could begin a deployment now, or try it once more.
    private func due(_ deployment: Deployment, in db: Database) throws -> [String] {
        let plan = deployment.plan
        guard !deployment.isConfiguration, deployment.pauseReason == nil, !plan.isScheduled(now: now()),
            plan.isPush || isInWindow(plan), try freeSlots(of: deployment.id, in: db) != 0
        else { return [] }
        let waiting = try InstallationStore.unfinished(of: deployment.number, in: db).filter { $0.provided == nil }
            .map(\.deviceID)
        let quota = plan.quota(devices: deployment.expectedDevices, now: now()) ?? deployment.expectedDevices
        guard deployment.counts.begun < quota else { return waiting }
        return try waiting + silent(deployment, in: db)
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
        case .pending, .inProgress: return try atWork + silent(deployment, in: db)
        }
    }

    /// Devices that have not begun a deployment: those it names, or those that match its filter now.
    private func silent(_ deployment: Deployment, in db: Database) throws -> [String] {
        guard case .filter(let text) = deployment.target else {
            return try DeploymentStore.silentTargets(of: deployment.number, in: db)
        }
        let known = try InstallationStore.devices(of: deployment.number, in: db)
        let matching = try inventory.devices(matching: try Self.filter(text), onlyIdentified: false, in: db)
        return matching.filter { !known.contains(DeviceID($0)) }
    }
}
