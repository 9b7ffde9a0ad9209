package import Devices
package import Journal
package import People
package import PKI
package import Reach
package import Releases
package import Secrets
package import Store

/// The rooms of what the hub knows, made over one store.
package struct Rooms: Sendable {
    package let journal: Journal
    package let people: People
    package let secrets: Secrets
    package let pairingWindows: PairingWindows
    package let devices: Devices
    package let identities: Identities
    package let inventory: Inventory
    package let configurations: Configurations
    package let linkKeys: LinkKeys
    package let health: Health
    package let reach: Reach
    package let releases: Releases

    /// Makes the rooms over an open store whose migrations include ``addMigrations(to:)``.
    ///
    /// - Parameter steady: seconds of a clock that nobody sets; `nil` where nobody sets the other one either, as in
    ///   some tests.
    /// - Parameter coSignerKey: opens a co-signer's key by its PKCS#11 URI.
    package init(
        store: Store, limits: RoomLimits = RoomLimits(), now: @escaping @Sendable () -> Int64,
        steady: (@Sendable () -> Int64)? = nil,
        coSignerKey: @escaping @Sendable (String) throws -> PrivateKey = { uri in
            try PrivateKey.inToken(try TokenURI(uri), pin: nil)
        }
    ) {
        journal = Journal(store: store, limits: limits.journal, now: now, steady: steady)
        people = People(journal: journal, locks: limits.locks)
        secrets = Secrets(journal: journal, limits: limits.secrets, locks: limits.locks)
        pairingWindows = PairingWindows(journal: journal, limits: limits.devices)
        devices = Devices(journal: journal, secrets: secrets, windows: pairingWindows, limits: limits.devices)
        identities = Identities(devices: devices)
        inventory = Inventory(devices: devices, identities: identities)
        configurations = Configurations(devices: devices)
        linkKeys = LinkKeys(devices: devices)
        health = Health(devices: devices)
        reach = Reach(journal: journal, devices: devices)
        releases = Releases(journal: journal, devices: devices, inventory: inventory, tokenKey: coSignerKey)
    }

    /// The tables of all rooms.
    package static func addMigrations(to migrations: inout MigrationList) {
        var rooms = MigrationList()
        Journal.addMigrations(to: &rooms)
        People.addMigrations(to: &rooms)
        Secrets.addMigrations(to: &rooms)
        Devices.addMigrations(to: &rooms)
        Reach.addMigrations(to: &rooms)
        Releases.addMigrations(to: &rooms)
        migrations.append(inOrder: rooms)
    }
}

/// Limits of all rooms.
package struct RoomLimits: Sendable, Equatable {
    package var journal = JournalLimits()
    package var locks = LockLimits()
    package var secrets = SecretsLimits()
    package var devices = DevicesLimits()

    package init() {}
}
