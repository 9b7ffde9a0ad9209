internal import Journal
internal import PKI
internal import Store

/// What devices call themselves in the update protocol, their keys there, and the tokens they get for them.
package final class Identities: Sendable {
    let devices: Devices
    let journal: Journal
    let store: Store
    let now: @Sendable () -> Int64
    let steady: @Sendable () -> Int64
    /// Signs tokens.
    let tokens: WebTokenSigner
    /// New keys and names of devices of the update protocol that prove to be known.
    let keyChanges = RateBudget(burst: 20)
    /// Tokens that were asked for last, by their SHA-256, as long as nothing changes that they rest on. 50,000 devices
    /// that ask in turn find theirs, in some 400 bytes each.
    let sessions = RecentValues<[UInt8], (session: DeviceSession, endsAt: Int64)>(limit: 100_000)
    let sessionTables: WatchedTables

    /// Keys that may be accepted at the same time; -1 for no limit.
    package var acceptedLimit: Int { devices.limits.acceptedDevices }

    /// Makes the part on the records of the devices.
    package init(devices: Devices) {
        self.devices = devices
        journal = devices.journal
        (store, now, steady) = (journal.store, journal.now, journal.steady)
        sessionTables = store.watch("auth_set", "identity", "device")
        tokens = WebTokenSigner(store.sealingKey.derive("latchkey token"))
        journal.add(
            RecordKeeper(hasRecords: { _ in false }) { now, _, db in
                try IdentityStore.settle(at: now, longestToken: Self.deviceTokenSeconds, in: db)
            })
        devices.endWork.add { device, db in
            guard let identity = try IdentityStore.find(deviceID: device.id, in: db) else { return }
            if device.state == .removed {
                try IdentityStore.remove(identity.id, in: db)
            } else if device.serial == nil {
                // It lives by its keys alone: they say the same, otherwise the next change of one would let it in
                // again.
                try IdentityStore.rejectSets(of: identity.id, in: db)
            }
        }
    }
}
