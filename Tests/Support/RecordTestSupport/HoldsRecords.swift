internal import Devices
internal import Journal
internal import Secrets

/// What every rig has, however many modules it stands on.
package protocol HoldsRecords: Sendable {
    var rooms: RecordRooms { get }
    var clock: ManualClock { get }
    /// Everything that is kept on disk.
    var folder: TemporaryFolder { get }
}

extension HoldsRecords {
    /// Registers a secret, as an operator would.
    package func addSecret(_ secret: String, for deviceID: String, life: Int64 = 3600) async throws {
        let new = NewSecret(deviceID: deviceID, value: Array(secret.utf8), validUntil: clock.now + life)
        try await rooms.devices.addSecret(new, replacing: true, by: .hub)
    }
}
