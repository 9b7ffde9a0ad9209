internal import Journal
internal import Store
internal import Wire

/// Updates over links of which nothing is heard any more.
extension Updates {
    /// Seconds without a word after which an update is no longer waited for.
    static let silenceSeconds: Int64 = 1800
    /// Updates that end at one look.
    private static let expiryLimit = 1000

    /// Ends what said nothing for ``silenceSeconds``: the device may have it sent again.
    package func expireSilent() async throws {
        let time = now()
        let (silent, hasLongBlocks) = try await journal.store.read { db in
            let silent = try UpdateSettingsStore.silent(
                since: time - Self.silenceSeconds, orLaterThan: time + Self.silenceSeconds, limit: Self.expiryLimit,
                in: db)
            return (silent, try UpdateSettingsStore.hasLongBlocks(now: time, in: db))
        }
        var freed: [String] = []
        for deviceID in silent {
            let deployment = try await journal.store.write { [self] db in try expire(deviceID, in: db) }
            live.set(nil, of: DeviceID(deviceID))
            if let deployment { freed.append(deployment) }
        }
        if hasLongBlocks {
            try await journal.store.write { db in try UpdateSettingsStore.shortenBlocks(now: time, in: db) }
        }
        for deployment in freed { await slotsMayBeFree(deployment) }
    }

    private func expire(_ deviceID: String, in db: Database) throws -> String? {
        guard var settings = try UpdateSettingsStore.find(deviceID, in: db), let flight = settings.flight else {
            return nil
        }
        let age = now() - flight.changedAt
        guard age > Self.silenceSeconds || age < -Self.silenceSeconds else { return nil }
        if age < 0 {
            // The clock was set back: its time begins now.
            settings.flight?.changedAt = now()
            try UpdateSettingsStore.save(settings, of: deviceID, in: db)
            return nil
        }
        guard let (installation, deployment) = try part(flight, deviceID, in: db) else {
            settings.flight = nil
            try UpdateSettingsStore.save(settings, of: deviceID, in: db)
            return nil
        }
        try interrupt(
            installation, deployment, &settings, "said nothing for \(Self.silenceSeconds / 60) minutes", by: .hub,
            in: db)
        return deployment.id
    }
}
