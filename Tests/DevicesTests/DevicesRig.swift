import Devices
import Journal
import JournalTestSupport
import Secrets
import SecretsTestSupport

/// The room of devices with that of secrets, on which it stands.
struct DevicesRig: HoldsSecrets {
    struct Rooms {
        let journal: Journal
        let secrets: Secrets
        let pairingWindows: PairingWindows
        let devices: Devices
        let identities: Identities
        let inventory: Inventory
        let configurations: Configurations
        let linkKeys: LinkKeys
        let health: Health
    }

    let base: RoomRig<Rooms>
    var rooms: Rooms { base.room }
    var clock: ManualClock { base.clock }
    var folder: TemporaryFolder { base.folder }
    var journal: Journal { rooms.journal }
    var secrets: Secrets { rooms.secrets }
    var holders: any SecretHolders { rooms.devices }

    init(
        folder: TemporaryFolder? = nil, clock: ManualClock? = nil, change: (inout DevicesLimits) -> Void = { _ in }
    ) async throws {
        var limits = DevicesLimits()
        change(&limits)
        base = try await RoomRig(
            folder: folder, clock: clock, migrations: [Secrets.addMigrations, Devices.addMigrations]
        ) { journal in
            let secrets = Secrets(journal: journal)
            let windows = PairingWindows(journal: journal, limits: limits)
            let devices = Devices(journal: journal, secrets: secrets, windows: windows, limits: limits)
            let identities = Identities(devices: devices)
            return Rooms(
                journal: journal, secrets: secrets, pairingWindows: windows, devices: devices, identities: identities,
                inventory: Inventory(devices: devices, identities: identities),
                configurations: Configurations(devices: devices), linkKeys: LinkKeys(devices: devices),
                health: Health(devices: devices))
        }
    }

    func register(_ secret: NewSecret) async throws {
        try await rooms.devices.addSecret(secret, replacing: true, by: .hub)
    }
}
