package import Devices
package import Journal
internal import PKI
package import Store

/// How devices and people reach something through the hub: the directory of services, and the right to use tunnels.
package final class Reach: Sendable {
    package let tunnels: TunnelAccess
    let journal: Journal
    let devices: Devices
    let store: Store
    let now: @Sendable () -> Int64
    let servicesChanges = ChangeCount()

    /// Makes the room over a store whose migrations include ``addMigrations(to:)``.
    package init(journal: Journal, devices: Devices) {
        self.journal = journal
        self.devices = devices
        (store, now) = (journal.store, journal.now)
        tunnels = TunnelAccess(
            key: store.sealingKey.derive("latchkey tunnel"), now: now, wrongUntil: { journal.clockWrongUntil }
        ) { [store] id, answer in
            // What can't be read is refused.
            store.lookUp({ db in try TunnelTokenStore.find(id, in: db) }) { answer((try? $0.get())?.expiresAt) }
        }
        // Before all others, so that a tunnel that ends is refused when it comes back.
        journal.endings.subscribe(tunnels)
        devices.endWork.add { [now] device, db in
            try TunnelTokenStore.revoke(device: device.id, at: now(), in: db)
        }
        journal.add(
            RecordKeeper(hasRecords: { try ServiceStore.hasAny(in: $0) }) { now, _, db in
                try TunnelTokenStore.settle(at: now, in: db)
            })
    }

    /// The tables of this module, oldest first; never edited once released.
    package static func addMigrations(to migrator: inout MigrationList) {
        ServiceStore.addMigrations(to: &migrator)
        TunnelTokenStore.addMigrations(to: &migrator)
        TunnelRunStore.addMigrations(to: &migrator)
    }
}
