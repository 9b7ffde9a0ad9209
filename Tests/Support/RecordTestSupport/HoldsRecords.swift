internal import Devices
package import Journal
package import Rooms
package import Secrets
package import SecretsTestSupport

/// What every rig has that stands on all rooms, however many modules are between.
package protocol HoldsRecords: HoldsSecrets {
    var rooms: Rooms { get }
}

extension HoldsRecords {
    package var journal: Journal { rooms.journal }
    package var secrets: Secrets { rooms.secrets }
    package var holders: any SecretHolders { rooms.devices }

    package func register(_ secret: NewSecret) async throws {
        try await rooms.devices.addSecret(secret, replacing: true, by: .hub)
    }
}
