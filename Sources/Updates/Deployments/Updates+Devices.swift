package import Journal
internal import Store

/// What became of a deployment, device by device, and letting devices go on.
extension Updates {
    /// A part of the devices of a deployment in the order of their IDs, also those that have not asked yet.
    ///
    /// - Parameters:
    ///   - status: only devices with this status; `nil` for all.
    ///   - after: goes on behind this device; empty for the beginning.
    /// - Returns: for each device what became of it; `nil` before it asked.
    package func devices(
        of deployment: Deployment, status: InstallationStatus?, after: String, limit: Int
    ) async throws -> [(deviceID: String, installation: Installation?)] {
        let silent: InstallationStatus = deployment.isAborted ? .aborted : .pending
        return try await journal.store.read { db in
            let ids = try InstallationStore.devices(
                of: deployment.number, status: status, silent: silent, after: after, limit: limit, in: db)
            return try ids.map { ($0, try InstallationStore.find(deployment.number, $0, in: db)) }
        }
    }

    /// Lets the devices go on that wait at a hold point, and those that will come there.
    ///
    /// - Returns: false when nothing holds there.
    package func release(_ point: HoldPoints.Point, of id: String, by requester: Requester) async throws -> Bool {
        let deployment = try await deployment(id)
        guard deployment.plan.holdPoints?.rules[point]?.action == .pause else { return false }
        try await change(id, "deployment.release", by: requester) { deployment, _ in
            deployment.plan.holdPoints?.rules[point] = HoldPoints.Rule(action: .go)
        }
        await announce(id)
        return true
    }
}
