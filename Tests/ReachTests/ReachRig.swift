import Devices
import Journal
import JournalTestSupport
import Reach
import Secrets

/// The room of services and tunnel rights with those on which it stands.
struct ReachRig {
    struct Rooms {
        let journal: Journal
        let devices: Devices
        let reach: Reach
    }

    let base: RoomRig<Rooms>
    var rooms: Rooms { base.room }
    var clock: ManualClock { base.clock }

    init(folder: TemporaryFolder? = nil, clock: ManualClock? = nil) async throws {
        base = try await RoomRig(
            folder: folder, clock: clock,
            migrations: [Secrets.addMigrations, Devices.addMigrations, Reach.addMigrations]
        ) { journal in
            let devices = Devices(
                journal: journal, secrets: Secrets(journal: journal), windows: PairingWindows(journal: journal))
            return Rooms(journal: journal, devices: devices, reach: Reach(journal: journal, devices: devices))
        }
    }
}
