internal import Journal
internal import Store

/// What devices report of themselves, what operators note of them, and the groups that they are in.
package final class Inventory: Sendable {
    let records: Devices
    let identities: Identities
    let journal: Journal
    let store: Store
    let now: @Sendable () -> Int64
    let searches = SearchGate(atOnce: 2, waitingLimit: 16)

    /// Makes the part on the records of the devices and their identities.
    package init(devices: Devices, identities: Identities) {
        (records, self.identities) = (devices, identities)
        journal = devices.journal
        (store, now) = (journal.store, journal.now)
        devices.endWork.add { device, db in
            if device.state == .removed { try Self.remove(of: device.id, in: db) }
        }
    }
}
