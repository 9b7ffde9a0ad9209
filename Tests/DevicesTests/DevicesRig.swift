import Devices
import Journal
import JournalTestSupport
import Secrets

/// The room of devices with that of secrets, on which it stands.
struct DevicesRig {
    struct Rooms {
        let journal: Journal
        let secrets: Secrets
        let pairingWindows: PairingWindows
        let devices: Devices
    }

    let base: RoomRig<Rooms>
    var rooms: Rooms { base.room }
    var clock: ManualClock { base.clock }

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
            return Rooms(journal: journal, secrets: secrets, pairingWindows: windows, devices: devices)
        }
    }
}
