internal import Devices
package import Journal
internal import Store
internal import Wire

/// What the beginning of a device's link says about its update (docs/protocols/device-link.md 6.2, 7.4).
extension Updates {
    /// Settles the update that was under way, and keeps what the device says of its firmware.
    ///
    /// With the firmware it was sent, the device has succeeded. With the one before after it had installed, the try has
    /// failed. With neither it was flashed: its part has ended without a penalty. When it fetches nothing any more, the
    /// update is sent once more.
    ///
    /// Other firmware than the last time ends the device's waiting and forgets its tries. A device that says something
    /// else at every join has ten of them written down, then one a minute; the others count for their connection only.
    package func joined(
        _ deviceID: String, running: RunningFirmware, by requester: Requester
    ) async throws {
        let news = try await journal.store.lookUp { [self] db in try look(running, of: deviceID, in: db) }
        let isNoted = news.isOther && mayNote(deviceID)
        let isMissed =
            news.isMissed && metadataNotices.take(deviceID, interval: 3600, now: journal.steady()) == nil
        var settled = Settled()
        if news.hasUpdate || isNoted || isMissed {
            settled = try await journal.store.write { [self] db in
                if isMissed { try noteMissing(running, deviceID, by: requester, in: db) }
                if isNoted { try noteFirmware(running, deviceID, by: requester, in: db) }
                let freed = try settle(deviceID, running, by: requester, in: db)
                let flight = try UpdateSettingsStore.find(deviceID, in: db)?.flight
                return Settled(freed: freed, goesOn: flight?.deployment != nil)
            }
            await slotsMayBeFree(settled.freed)
        }
        if !settled.goesOn { live.end(DeviceID(deviceID)) }
        // The hub sends only so many updates: what became of one is always written down.
        try await keep(running.attributes, removing: running.removedNames, of: deviceID) {
            isNoted || settled.freed != nil || mayNote(deviceID)
        }
    }

    /// Takes that a device validated its firmware, which lets it have another one.
    package func validated(_ deviceID: String, by requester: Requester) async throws {
        let name = RunningFirmware.validatedName
        let known = try await journal.store.lookUp { [self] db in
            try inventory.reportedText(name, of: deviceID, in: db)
        }
        guard known != "yes" else { return }
        try await keep([(name, "yes")], of: deviceID) { mayNote(deviceID) }
        notices.send(.offer, to: [deviceID])
    }

    /// What a join says that the hub did not know.
    private struct News: Sendable {
        /// Whether there is an update that it may settle.
        var hasUpdate: Bool
        /// Whether the device runs other firmware than the last time.
        var isOther: Bool
        /// Whether it leaves something out that it did not the last time.
        var isMissed: Bool
    }

    /// What became of the update that was under way.
    private struct Settled: Sendable {
        /// UUID of the deployment of which the device is not at work any more.
        var freed: String?
        /// Whether the device is still at work on it.
        var goesOn = false
    }

    /// Looks without writing.
    private func look(_ running: RunningFirmware, of deviceID: String, in db: Database) throws -> News {
        let settings = try UpdateSettingsStore.find(deviceID, in: db)
        let missing = running.missing.joined(separator: ", ")
        let known = try inventory.reportedText(RunningFirmware.missingName, of: deviceID, in: db)
        return News(
            hasUpdate: try settings?.flight != nil
                || settings != nil && InstallationStore.open(deviceID, in: db) != nil,
            isOther: try earlierFirmware(running, deviceID, in: db) != nil,
            isMissed: !missing.isEmpty && known != missing)
    }

    /// Whether what a device says of itself may be written down once more.
    private func mayNote(_ deviceID: String) -> Bool {
        firmwareChanges.take(deviceID, interval: 60, now: journal.steady()) == nil
    }

    private func keep(
        _ attributes: [(name: String, value: String)], removing names: [String] = [], of deviceID: String,
        mayWrite: () -> Bool
    ) async throws {
        let report = InventoryReport(attributes.map { .init(name: $0.name, value: .string($0.value)) })
        do {
            try await inventory.mergeInventory(report, removing: names, of: deviceID, mayWrite: mayWrite)
        } catch is InventoryError {
            // Its inventory is full: the device is served all the same, by what it says itself.
        }
    }

    /// Tells the audit trail that a device gets no roll-outs because it does not say what it runs.
    private func noteMissing(
        _ running: RunningFirmware, _ deviceID: String, by requester: Requester, in db: Database
    ) throws {
        try journal.audit(
            "device.noMetadata", deviceID, by: requester, detail: ["missing": running.missing.joined(separator: ", ")],
            in: db)
    }

    /// Tells the audit trail of other firmware than the last time. Somebody brought it to the device: what went wrong
    /// with the one before is over.
    private func noteFirmware(
        _ running: RunningFirmware, _ deviceID: String, by requester: Requester, in db: Database
    ) throws {
        guard let before = try earlierFirmware(running, deviceID, in: db), let uuid = running.uuid else { return }
        try journal.audit("device.firmware", deviceID, by: requester, detail: ["from": before, "to": uuid], in: db)
        guard var settings = try UpdateSettingsStore.find(deviceID, in: db) else { return }
        let known = settings
        settings.unblock()
        if settings != known { try UpdateSettingsStore.save(settings, of: deviceID, in: db) }
    }

    /// The identity of the firmware the device had the last time, when that was another one.
    private func earlierFirmware(_ running: RunningFirmware, _ deviceID: String, in db: Database) throws -> String? {
        guard let uuid = running.uuid, !uuid.isEmpty,
            let before = try inventory.reportedText(DeviceReport.firmwareUUID, of: deviceID, in: db),
            !before.isSameUUID(as: uuid)
        else { return nil }
        return before
    }
}
