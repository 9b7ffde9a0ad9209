internal import Devices
package import Journal
internal import PKI
internal import Rules
internal import Store
internal import Wire

/// A deployment to make.
package struct NewDeployment: Sendable {
    /// Text of the operator, 1 to ``nameLimit`` bytes.
    package var name: String
    /// Name of a release, 1 to ``nameLimit`` bytes.
    package var artifactName: String
    /// Whom it is for; `.devices` names them in ``devices``.
    package var target: Deployment.Target
    /// Records of the devices.
    package var devices: [String] = []
    /// How it goes over them.
    package var plan = RolloutPlan()
    /// Whether it brings a configuration instead of an artifact.
    package var isConfiguration = false
    /// The only artifact of the release that is installed; `nil` for whichever fits.
    var artifactID: String?

    package static let nameLimit = 4096

    /// A deployment to make.
    package init(name: String, artifactName: String, target: Deployment.Target) {
        self.name = name
        self.artifactName = artifactName
        self.target = target
    }
}

/// What the operator does with deployments.
extension Updates {
    /// Makes a deployment; its devices are those of this moment, but for a filter.
    ///
    /// - Throws: ``UpdatesError``.
    package func deploy(_ new: NewDeployment, by requester: Requester) async throws -> Deployment {
        try Self.check(new)
        let plan = new.plan.completed(for: new.target)
        let made = try await journal.store.write { [self] db in
            // First, as in the original: without a release it does not matter whom it is for.
            let artifacts = new.isConfiguration ? [] : try artifacts(of: new, in: db)
            guard new.isConfiguration || !artifacts.isEmpty else { throw UpdatesError.noArtifact(new.artifactName) }
            try requireReleases(artifacts, in: db)
            let devices = try devices(of: new, in: db)
            if plan.isPush {
                for device in devices { try requireFit(artifacts, of: new.artifactName, to: device, in: db) }
            }
            guard devices.count <= limits.devicesPerDeployment else {
                throw UpdatesError.invalid("a deployment has at most \(limits.devicesPerDeployment) devices")
            }
            let fingerprint = Self.fingerprint(new, devices)
            guard try !DeploymentStore.isOpen(fingerprint: fingerprint, in: db) else {
                throw UpdatesError.deploymentExists
            }
            var deployment = Deployment(
                number: 0, id: UniqueID.make(), name: new.name, artifactName: new.artifactName,
                isConfiguration: new.isConfiguration, createdAt: now(), state: .pending, isAborted: false,
                target: new.target, plan: plan, deviceCount: devices.count, counts: .init())
            if deployment.isDynamic { deployment.deviceCount = new.plan.deviceLimit ?? Int(Int32.max) }
            deployment.number = try DeploymentStore.insert(
                deployment, fingerprint: fingerprint, targets: devices, artifacts: artifacts.map(\.id), in: db)
            try journal.audit(
                "deployment.create", deployment.id, by: requester,
                detail: [
                    "name": new.name, "artifact": new.artifactName, "devices": "\(deployment.deviceCount)",
                ], in: db)
            if plan.isPush { for device in devices { try keepFromRollouts(device, by: requester, in: db) } }
            if new.isConfiguration {
                for device in devices {
                    try self.configurations.setConfigurationDeployment(deployment.id, of: device, in: db)
                }
            }
            return deployment
        }
        await announce(made.id)
        return made
    }

    private func artifacts(of new: NewDeployment, in db: Database) throws -> [StoredArtifact] {
        let named = try artifacts.named(new.artifactName, in: db)
        guard let id = new.artifactID else { return named }
        return named.filter { $0.id == id }
    }

    /// Makes sure that artifacts of a release are kept.
    ///
    /// - Throws: ``UpdatesError/noArtifact(_:)``.
    package func checkRelease(_ name: String) async throws {
        let isKept = try await journal.store.read { [artifacts] db in try !artifacts.named(name, in: db).isEmpty }
        guard isKept else { throw UpdatesError.noArtifact(name) }
    }

    /// The deployment of a UUID.
    package func deployment(_ id: String) async throws -> Deployment {
        try await journal.store.read { db in try Self.find(id, in: db) }
    }

    /// A page of deployments, and how many there are in all.
    package func deployments(_ query: DeploymentQuery) async throws -> (deployments: [Deployment], total: Int) {
        try await journal.store.read { db in try DeploymentStore.page(query, in: db) }
    }

    /// How many devices have each status; those that have not asked count as pending, or as aborted once it is.
    package func statistics(of deployment: Deployment) async throws -> DeploymentStatistics {
        try await journal.store.read { db in
            var counts = try InstallationStore.statistics(of: deployment.number, in: db)
            if !deployment.isDynamic {
                let known = counts.values.reduce(0, +)
                // Those that needed nothing take no place of a limit.
                let counted = known - (deployment.plan.deviceLimit == nil ? 0 : counts.skipped)
                let silent = min(deployment.expectedDevices - counted, deployment.deviceCount - known)
                counts[deployment.isAborted ? .aborted : .pending, default: 0] += max(0, silent)
            }
            return DeploymentStatistics(
                counts: counts, totalSize: try InstallationStore.totalSize(of: deployment.number, in: db),
                artifacts: try DeploymentStore.artifacts(of: deployment.number, in: db))
        }
    }

    /// What became of it on its devices; devices that have not asked are not listed, see ``targets(of:)``.
    package func installations(
        of deployment: Deployment, statuses: [InstallationStatus], offset: Int, limit: Int
    ) async throws -> (installations: [Installation], total: Int) {
        try await journal.store.read { db in
            try InstallationStore.page(
                of: deployment.number, statuses: statuses, offset: offset, limit: limit, in: db)
        }
    }

    /// Records of the devices it names, or, for a filter, of those that came to it.
    package func devices(of deployment: Deployment) async throws -> [String] {
        guard deployment.isDynamic else { return try await targets(of: deployment) }
        return try await journal.store.read { db in
            try InstallationStore.page(of: deployment.number, statuses: [], offset: 0, limit: Int(Int32.max), in: db)
        }.installations.map(\.deviceID)
    }

    /// Records of the devices it names.
    package func targets(of deployment: Deployment) async throws -> [String] {
        try await journal.store.read { db in try DeploymentStore.targets(of: deployment.number, in: db) }
    }

    /// What a device has had, newest first, with the deployments.
    package func history(
        ofDevice deviceID: String, statuses: [InstallationStatus], offset: Int, limit: Int
    ) async throws -> [(Installation, Deployment)] {
        try await journal.store.read { db in
            try InstallationStore.history(of: deviceID, statuses: statuses, offset: offset, limit: limit, in: db)
                .compactMap { installation in
                    try DeploymentStore.find(number: installation.deployment, in: db).map { (installation, $0) }
                }
        }
    }

    /// A device's log of a deployment; `nil` when there is none.
    package func log(of deploymentID: String, device deviceID: String) async throws -> String? {
        try await journal.store.read { db in
            try InstallationStore.log(of: Self.find(deploymentID, in: db).number, deviceID, in: db)
        }
    }

    /// Ends a deployment: devices that are at work are told at their next report, others never begin.
    package func abort(_ id: String, by requester: Requester) async throws {
        let stopped = try await change(id, "deployment.abort", by: requester) { [self] deployment, db in
            // First, so that the ends of its devices neither finish nor stop it.
            deployment.isAborted = true
            deployment.state = .finished
            deployment.finishedAt = now()
            try tellOfHold(deployment, isHeld: false, in: db)
            let open = try InstallationStore.unfinished(of: deployment.number, in: db)
            for var installation in open {
                try move(&installation, to: .aborted, &deployment, by: requester, in: db)
            }
            return open.map(\.deviceID)
        }
        live.forget(deployment: id)
        notices.send(.abort, to: stopped)
    }

    /// Ends whatever is open for one device.
    package func abortAll(ofDevice deviceID: String, by requester: Requester) async throws {
        let wasAtWork = try await journal.store.write { [self] db in
            let isAtWork = try InstallationStore.open(deviceID, in: db) != nil
            try endInstallations(of: deviceID, as: .aborted, by: requester, in: db)
            try journal.audit("deployment.abort", deviceID, by: requester, in: db)
            return isAtWork
        }
        if wasAtWork { notices.send(.abort, to: [deviceID]) }
    }

    /// Forgets what a device has had and is done with, and the logs of it.
    package func removeHistory(ofDevice deviceID: String, by requester: Requester) async throws {
        try await journal.store.write { [self] db in
            try InstallationStore.removeHistory(of: deviceID, in: db)
            try journal.audit("deployment.forget", deviceID, by: requester, in: db)
        }
    }

    /// Lets no further device begin; those at work go on.
    package func pause(_ id: String, by requester: Requester) async throws {
        try await change(id, "deployment.pause", by: requester) { deployment, _ in
            deployment.pauseReason = deployment.pauseReason ?? "operator"
        }
    }

    /// Lets devices begin again. A stop because of failures counts from here on as it did before: the rule is dropped.
    package func resume(_ id: String, by requester: Requester) async throws {
        try await change(id, "deployment.resume", by: requester) { [self] deployment, db in
            if !deployment.isConfiguration, try !isCovered(deployment, in: db) {
                throw UpdatesError.releaseMissing(artifact: deployment.artifactName, type: nil)
            }
            if deployment.pauseReason == "failures" { deployment.plan.stopRule = nil }
            deployment.pauseReason = nil
        }
        await announce(id)
    }

    /// Exchanges what holds at the hold points.
    ///
    /// - Throws: ``UpdatesError/deploymentFinished`` also for a deployment that was made without hold points: devices
    ///   don't ask then.
    package func setHoldPoints(
        _ rules: [HoldPoints.Point: HoldPoints.Rule], of id: String, by requester: Requester
    ) async throws {
        try await change(id, "deployment.control", by: requester) { deployment, _ in
            guard deployment.plan.holdPoints != nil else { throw UpdatesError.deploymentFinished }
            deployment.plan.holdPoints?.rules = rules
        }
        await announce(id)
    }

    /// Changes a deployment that is not finished; what `body` returns is told when that is durable.
    func change<Value: Sendable>(
        _ id: String, _ action: String, by requester: Requester,
        _ body: @escaping @Sendable (inout Deployment, Database) throws -> Value
    ) async throws -> Value {
        try await journal.store.write { [self] db in
            var deployment = try Self.find(id, in: db)
            guard deployment.state != .finished else { throw UpdatesError.deploymentFinished }
            let value = try body(&deployment, db)
            try DeploymentStore.update(deployment, in: db)
            try journal.audit(action, id, by: requester, detail: ["name": deployment.name], in: db)
            return value
        }
    }

    private static func find(_ id: String, in db: Database) throws -> Deployment {
        guard let deployment = try DeploymentStore.find(id, in: db) else { throw UpdatesError.unknownDeployment(id) }
        return deployment
    }

    private func devices(of new: NewDeployment, in db: Database) throws -> [String] {
        let devices: [String]
        switch new.target {
        case .devices:
            var seen: Set<DeviceID> = []
            devices = new.devices.filter { seen.insert(DeviceID($0)).inserted }
            for id in devices where try self.devices.device(id, in: db) == nil {
                throw UpdatesError.invalid("no device \(id) is known")
            }
        case .allDevices: devices = try updatable(in: db)
        case .group(let name): devices = try members(of: name, in: db)
        case .filter: return []
        }
        guard !devices.isEmpty else { throw UpdatesError.noDevices }
        return devices
    }

    private static func fingerprint(_ new: NewDeployment, _ devices: [String]) -> [UInt8] {
        var text = "\(new.name.utf8.count) \(new.name)\(new.artifactName.utf8.count) \(new.artifactName)"
        if case .filter(let filter) = new.target { text += "filter " + filter }
        let sorted = devices.sorted { one, other in DeviceID(one) < DeviceID(other) }
        for device in sorted { text += "\(device.utf8.count) \(device)" }
        return SHA256.hash(Array(text.utf8))
    }

    private static func check(_ new: NewDeployment) throws(UpdatesError) {
        do throws(RolloutProblem) {
            try RolloutRules.check(name: new.name)
            try RolloutRules.check(release: new.artifactName)
        } catch {
            throw .invalid(error.message)
        }
        if case .devices = new.target, new.devices.isEmpty { throw .noDevices }
        if case .filter(let text) = new.target {
            _ = try filter(text)
            guard new.plan.phases.isEmpty || new.plan.deviceLimit != nil else {
                throw .invalid("phases of a filter need a limit of devices: there is nothing else to take a share of")
            }
        }
        try new.plan.check()
    }
}

/// Progress of a deployment.
package struct DeploymentStatistics: Sendable {
    package let counts: [InstallationStatus: Int]
    /// Bytes of what devices were offered, whether they fetched it or not.
    package let totalSize: Int64
    /// Artifacts of the release when it was made.
    package let artifacts: [String]
}

extension RolloutPlan {
    /// Whether it follows ``RolloutRules``.
    func check() throws(UpdatesError) {
        do throws(RolloutProblem) {
            try RolloutRules.check(retries: retries)
            if let deviceLimit { try RolloutRules.check(deviceLimit: deviceLimit) }
            try checkStanding()
            try RolloutRules.check(phases: phases.map { ($0.percent, $0.startsAt) })
            if let stopRule {
                try RolloutRules.check(
                    failurePercent: stopRule.failurePercent, afterDevices: stopRule.afterDevices)
            }
            try RolloutRules.check(windowCount: windows.count)
            for window in windows {
                try RolloutRules.check(days: window.days, from: window.from, to: window.to)
            }
        } catch {
            throw .invalid(error.message)
        }
    }
}

extension Updates {
    /// What became of a deployment on one device; `nil` when the device has not asked.
    package func installation(of deployment: Deployment, device deviceID: String) async throws -> Installation? {
        try await journal.store.read { db in try InstallationStore.find(deployment.number, deviceID, in: db) }
    }
}
