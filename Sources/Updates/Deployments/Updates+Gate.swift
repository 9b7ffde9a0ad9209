package import Journal
package import Releases
internal import Store

/// Artifacts of projects that want a co-signed release for what their devices install (docs/co-signing.md).
extension Updates {
    /// Why a deployment waits while an artifact of it is covered by no release.
    static let releaseMissing = "releaseMissing"

    /// Whether a device of a type may have an artifact.
    func mayHave(_ artifact: StoredArtifact, type: String, in db: Database) throws -> Bool {
        try releases?.allows(sha256: artifact.sha256, size: artifact.size, type: type, in: db) ?? true
    }

    /// What a download of an artifact asks before each part; `nil` for one that needs no release.
    package func gateWatch(of artifact: StoredArtifact) async throws -> GateWatch? {
        try await releases?.watch(types: artifact.deviceTypes)
    }

    /// - Throws: ``UpdatesError/releaseMissing(artifact:type:)``.
    func requireReleases(_ artifacts: [StoredArtifact], in db: Database) throws {
        for artifact in artifacts {
            for type in artifact.deviceTypes where try !mayHave(artifact, type: type, in: db) {
                throw UpdatesError.releaseMissing(artifact: artifact.id, type: type)
            }
        }
    }

    /// Holds deployments whose artifacts are not covered any more, and lets those go on that are again.
    func holdUncovered(in db: Database) throws {
        for var deployment in try DeploymentStore.unfinished(in: db) where !deployment.isConfiguration {
            let isCovered = try isCovered(deployment, in: db)
            if !isCovered, deployment.pauseReason == nil {
                deployment.pauseReason = Self.releaseMissing
                try journal.audit(
                    "deployment.pause", deployment.id, by: .hub, detail: ["reason": Self.releaseMissing], in: db)
            } else if isCovered, deployment.pauseReason == Self.releaseMissing {
                deployment.pauseReason = nil
                try journal.audit(
                    "deployment.resume", deployment.id, by: .hub, detail: ["reason": "released"], in: db)
            } else {
                continue
            }
            try DeploymentStore.update(deployment, in: db)
            try tellOfHold(deployment, isHeld: !isCovered, in: db)
        }
    }

    /// Whether all artifacts of a deployment may go to the devices they are for.
    func isCovered(_ deployment: Deployment, in db: Database) throws -> Bool {
        for id in try DeploymentStore.artifacts(of: deployment.number, in: db) {
            guard let artifact = try artifacts.find(id, in: db) else { continue }
            for type in artifact.deviceTypes where try !mayHave(artifact, type: type, in: db) { return false }
        }
        return true
    }

    /// Says that a deployment waits for a release, or that it does not any more.
    func tellOfHold(_ deployment: Deployment, isHeld: Bool, in db: Database) throws {
        if isHeld {
            try journal.raiseAlarm(.releaseMissing, deployment.id, detail: deployment.name, in: db)
        } else {
            try journal.clearAlarm(.releaseMissing, deployment.id, in: db)
        }
    }

    /// Whether an unfinished deployment brings a file, and whether the device is part of it.
    ///
    /// - Returns: `nil` when no unfinished deployment has an artifact of this digest.
    package func rollout(ofFile sha256: String, to deviceID: String) async throws -> Rollout? {
        // Nearly always there is nothing under way: that is known without a look.
        if idleness.value(.all, version: journal.store.version(of: deploymentTables)) == true { return nil }
        return try await journal.store.read { [self] db in
            var found: Rollout?
            for deployment in try DeploymentStore.unfinished(in: db) where !deployment.isConfiguration {
                let digests = try DeploymentStore.artifacts(of: deployment.number, in: db)
                    .compactMap { try artifacts.find($0, in: db)?.sha256 }
                guard digests.contains(sha256) else { continue }
                if try isFor(deviceID, deployment, in: db) { return .member(deployment.id) }
                found = .notMember
            }
            return found
        }
    }

    /// What a device that installs by releases reports of a deployment; of others than its own, and of ended ones, it
    /// is passed over.
    package func noteRelease(
        _ deploymentID: String, _ deviceID: String, hasFailed: Bool, by requester: Requester
    ) async throws {
        try await journal.store.write { [self] db in
            guard var deployment = try DeploymentStore.find(deploymentID, in: db), deployment.state != .finished,
                !deployment.isConfiguration, try isFor(deviceID, deployment, in: db)
            else { return }
            let known = try InstallationStore.find(deployment.number, deviceID, in: db)
            guard known?.status.isFinished != true else { return }
            if known == nil { deployment.counts.begun += 1 }
            var installation =
                known
                ?? Installation(
                    deployment: deployment.number, deviceID: deviceID, status: .pending, substate: "",
                    createdAt: now(), deviceType: "", failedAttempts: 0, hasLog: false, size: 0)
            try move(&installation, to: hasFailed ? .failure : .success, &deployment, by: requester, in: db)
        }
    }

    private func isFor(_ deviceID: String, _ deployment: Deployment, in db: Database) throws -> Bool {
        if try InstallationStore.find(deployment.number, deviceID, in: db) != nil { return true }
        guard case .filter(let filter) = deployment.target else {
            return try DeploymentStore.isTarget(deviceID, of: deployment.number, in: db)
        }
        return try matches(deviceID, filter, in: db)
    }
}

/// Whether a roll-out that is under way reaches a device.
package enum Rollout: Sendable, Equatable {
    /// UUID of the deployment.
    case member(String)
    case notMember
}
