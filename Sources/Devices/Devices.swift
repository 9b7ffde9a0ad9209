package import Journal
package import Secrets
package import Store

/// The records of the devices: who they are, where they stand, and who may come in.
///
/// Beside it in this room: ``PairingWindows`` below it, ``Identities``, ``Inventory``, ``Configurations``, ``LinkKeys``
/// and ``Health`` above. Each has tables of its own.
package final class Devices: Sendable {
    package let limits: DevicesLimits
    /// Names that certificates of other roles bear.
    package let otherNames = OtherNames()
    /// What other modules do in the transaction that ends a device.
    package let endWork = DeviceEndWork()
    let journal: Journal
    let secrets: Secrets
    let store: Store
    let now: @Sendable () -> Int64
    let steady: @Sendable () -> Int64
    let windows: PairingWindows
    let pendingEstimate = PendingEstimate()
    /// Tries to be recorded while as many devices wait as may: of an address, and of all addresses of an IPv6 prefix.
    let crowding = RateBudget(burst: 8)
    let crowdingOfPrefixes = RateBudget(burst: 64)

    /// Makes the room over a store whose migrations include ``addMigrations(to:)``.
    ///
    /// - Parameter windows: on the same journal, with the same limits.
    package init(
        journal: Journal, secrets: Secrets, windows: PairingWindows, limits: DevicesLimits = DevicesLimits()
    ) {
        (self.journal, self.secrets, self.windows) = (journal, secrets, windows)
        self.limits = limits
        (store, now, steady) = (journal.store, journal.now, journal.steady)
        journal.add(
            RecordKeeper(hasRecords: { try DeviceStore.hasAny(in: $0) }) { now, _, db in
                try DeviceStore.settle(at: now, in: db)
            })
    }

    /// The tables of this module and its parts, oldest first; never edited once released.
    package static func addMigrations(to migrator: inout MigrationList) {
        DeviceStore.addMigrations(to: &migrator)
        PairingWindowStore.addMigrations(to: &migrator)
        IdentityStore.addMigrations(to: &migrator)
        AttributeStore.addMigrations(to: &migrator)
        GroupStore.addMigrations(to: &migrator)
        ConfigurationStore.addMigrations(to: &migrator)
        FactStore.addMigrations(to: &migrator)
        DeviceStore.addLaterMigrations(to: &migrator)
        LinkKeyStore.addMigrations(to: &migrator)
    }
}

/// Bounds on what strangers can make the hub store.
package struct DevicesLimits: Sendable, Equatable {
    /// Devices that may wait for approval at the same time.
    package var pendingTotal = 10_000
    /// Devices that may wait for approval from one network address.
    package var pendingPerAddress = 64
    /// Whether devices nobody knows are recorded only while a pairing window is open.
    package var windowRequired = false
    /// Keys of the update protocol that may be accepted at the same time; -1 for no limit.
    package var acceptedDevices = -1
    /// How shared secrets of the device link are judged.
    package var link = LinkKeyLimits()

    package init() {}
}
