internal import CoSigning
package import Devices
package import Journal
package import PKI
package import Store

/// Co-signed releases: projects with their keys, what publishers released, and the hub's own signature on it
/// (docs/protocols/cosign.md 6).
package final class Releases: Sendable {
    let journal: Journal
    let devices: Devices
    let inventory: Inventory
    let store: Store
    let now: @Sendable () -> Int64
    /// Seals co-signer keys at rest.
    let sealing: SealingKey
    /// Opens a co-signer's key that is in a PKCS#11 token, by its URI.
    let tokenKey: @Sendable (String) throws -> PrivateKey
    /// What follows from a change of what devices may get.
    package let gateWork = ReleaseGateWork()
    let projectTables: WatchedTables
    let gateTables: WatchedTables
    /// Projects in use, as long as nothing of them changes.
    let snapshots = RecentValues<String, ProjectSnapshot>(limit: 128)
    /// Messages of releases, checked against the keys of such a project.
    let stored = RecentValues<String, StoredRelease>(limit: 512)

    /// Makes the room over a store whose migrations include ``addMigrations(to:)``.
    ///
    /// - Parameter tokenKey: opens a key by its PKCS#11 URI.
    package init(
        journal: Journal, devices: Devices, inventory: Inventory,
        tokenKey: @escaping @Sendable (String) throws -> PrivateKey = { uri in
            try PrivateKey.inToken(try TokenURI(uri), pin: nil)
        }
    ) {
        self.devices = devices
        self.inventory = inventory
        self.tokenKey = tokenKey
        self.journal = journal
        (store, now) = (journal.store, journal.now)
        sealing = store.sealingKey.derive("latchkey co-signer")
        gateTables = store.watch("cosign_project", "cosign_key", "cosign_device_type", "cosign_release")
        projectTables = store.watch("cosign_project", "cosign_key", "cosign_device_type")
        journal.add(
            RecordKeeper(hasRecords: { try ProjectStore.hasAny(in: $0) }) { now, _, db in
                try ProjectStore.settle(at: now, in: db)
                if try RestoreMark.value(in: db) > now { try RestoreMark.set(now, in: db) }
            })
    }

    /// The tables of this module, oldest first; never edited once released.
    package static func addMigrations(to migrator: inout MigrationList) {
        ProjectStore.addMigrations(to: &migrator)
        KeyStore.addMigrations(to: &migrator)
        ReleaseStore.addMigrations(to: &migrator)
        SeenStore.addMigrations(to: &migrator)
        KeySetStore.addMigrations(to: &migrator)
        NextKeyStore.addMigrations(to: &migrator)
    }
}

extension Releases: Sweepable {
    package func sweep() async throws {
        // By the slowest time: a clock that jumps forward must not make the hub forget what was used.
        let moment = journal.slowestTime
        try await store.write { db in try SeenStore.removeEnded(now: moment, in: db) }
    }
}
