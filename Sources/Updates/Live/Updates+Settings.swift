internal import Devices
package import Journal
internal import Store

/// What an operator decides about the updates of one device.
extension Updates {
    /// What holds for a device's updates.
    package func settings(of deviceID: String) async throws -> UpdateSettings {
        try await journal.store.lookUp { db in try UpdateSettingsStore.find(deviceID, in: db) } ?? UpdateSettings()
    }

    /// UUID of the deployment that an update under way belongs to; `nil` when there is none of this number.
    package func deploymentID(_ number: Int64) async throws -> String? {
        try await journal.store.lookUp { db in try DeploymentStore.find(number: number, in: db)?.id }
    }

    /// Lets roll-outs reach a device, or no longer. To let them forgets its tries.
    ///
    /// - Throws: `DevicesError.unknownDevice`, as all of these.
    @discardableResult
    package func setEnabled(
        _ isEnabled: Bool, of deviceID: String, by requester: Requester
    ) async throws -> UpdateSettings {
        try await changeSettings(of: deviceID, ["enabled": isEnabled ? "yes" : "no"], by: requester) { settings in
            if isEnabled, !settings.isEnabled { settings.attempts = [] }
            settings.isEnabled = isEnabled
        }
    }

    /// Says who brings updates to a device.
    @discardableResult
    package func setMode(
        _ mode: UpdateMode, of deviceID: String, by requester: Requester
    ) async throws -> UpdateSettings {
        try await changeSettings(of: deviceID, ["mode": mode.word], by: requester) { $0.mode = mode }
    }

    /// Says whether a device may choose by itself that it asks for its updates.
    @discardableResult
    package func setManagedAllowed(
        _ isAllowed: Bool, of deviceID: String, by requester: Requester
    ) async throws -> UpdateSettings {
        try await changeSettings(of: deviceID, ["mayManage": isAllowed ? "yes" : "no"], by: requester) {
            $0.isManagedAllowed = isAllowed
        }
    }

    /// Ends a device's waiting and forgets its tries.
    @discardableResult
    package func unblock(_ deviceID: String, by requester: Requester) async throws -> UpdateSettings {
        try await changeSettings(of: deviceID, ["blocked": "no"], by: requester) { $0.unblock() }
    }

    /// Takes the mode a device asks for (docs/protocols/device-link.md 9): one that may not choose, and one whose
    /// updates are off, stays as it is. So does one that changes its mind all the time: ten times at once, then once a
    /// minute.
    ///
    /// - Returns: the mode that holds.
    package func requestMode(
        _ mode: UpdateMode, of deviceID: String, by requester: Requester
    ) async throws -> UpdateMode {
        let before = try await journal.store.lookUp { [self] db in
            guard try devices.device(deviceID, in: db) != nil else { throw DevicesError.unknownDevice(deviceID) }
            return try UpdateSettingsStore.find(deviceID, in: db) ?? UpdateSettings()
        }
        guard before.mode != mode, before.admits(mode),
            modeChanges.take(deviceID, interval: 60, now: journal.steady()) == nil
        else { return before.mode }
        return try await changeSettings(of: deviceID, ["mode": mode.word], by: requester) { settings in
            if settings.admits(mode) { settings.mode = mode }
        }.mode
    }

    private func changeSettings(
        of deviceID: String, _ detail: KeyValuePairs<String, String>, by requester: Requester,
        _ change: @escaping @Sendable (inout UpdateSettings) -> Void
    ) async throws -> UpdateSettings {
        let (before, after) = try await journal.store.write { [self] db in
            guard try devices.device(deviceID, in: db) != nil else { throw DevicesError.unknownDevice(deviceID) }
            let before = try UpdateSettingsStore.find(deviceID, in: db) ?? UpdateSettings()
            var settings = before
            change(&settings)
            guard settings != before else { return (before, before) }
            try UpdateSettingsStore.save(settings, of: deviceID, in: db)
            try journal.audit("device.updates", deviceID, by: requester, detail: detail, in: db)
            return (before, settings)
        }
        if before != after { notices.send(.offer, to: [deviceID]) }
        if (before.mode, before.isManagedAllowed) != (after.mode, after.isManagedAllowed) {
            notices.send(.settings, to: [deviceID])
        }
        return after
    }

    /// Makes a device wait because of a deployment that asks for that.
    func punish(_ deviceID: String, after deployment: Deployment, in db: Database) throws {
        guard let minutes = deployment.plan.penaltyMinutes, !deployment.plan.isPush else { return }
        var settings = try UpdateSettingsStore.find(deviceID, in: db) ?? UpdateSettings()
        settings.block(seconds: Int64(minutes) * 60, now: now())
        try UpdateSettingsStore.save(settings, of: deviceID, in: db)
    }
}

extension UpdateSettings {
    /// Whether the device may choose a mode by itself.
    fileprivate func admits(_ wish: UpdateMode) -> Bool {
        wish != .off && mode != .off && (wish == .automatic || isManagedAllowed)
    }
}
