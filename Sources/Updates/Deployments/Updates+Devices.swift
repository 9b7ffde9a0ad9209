package import Journal
internal import Store

/// What became of a deployment, device by device, and letting devices go on.
extension Updates {
    /// A part of the devices of a deployment in the order of their IDs, also those that have not asked yet.
    ///
    /// - Parameters:
    ///   - status: only devices that stand so; `nil` for all.
    ///   - after: goes on behind this device; empty for the beginning.
    /// - Returns: for each device what became of it; `nil` before it asked.
    package func devices(
        of deployment: Deployment, status: InstallationStatus?, after: String, limit: Int
    ) async throws -> [(deviceID: String, installation: Installation?)] {
        let silent: InstallationStatus = deployment.isAborted ? .aborted : .pending
        return try await journal.store.read { db in
            let ids = try db.values(
                """
                SELECT named.device_id FROM (
                    SELECT device_id FROM deployment_target WHERE deployment = ?1 AND device_id > ?2
                    UNION SELECT device_id FROM installation WHERE deployment = ?1 AND device_id > ?2) AS named
                LEFT JOIN installation
                    ON installation.device_id = named.device_id AND installation.deployment = ?1
                WHERE ?3 IS NULL OR coalesce(status, ?4) = ?3 ORDER BY named.device_id LIMIT ?5
                """, [deployment.number, after, status?.storedWord, silent.storedWord, limit], as: String.self)
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
