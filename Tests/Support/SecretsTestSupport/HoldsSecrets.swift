package import Journal
package import JournalTestSupport
package import Secrets

/// A rig with the room of secrets, whatever stands above it.
package protocol HoldsSecrets: Sendable {
    var journal: Journal { get }
    var secrets: Secrets { get }
    /// Who keeps the records of the devices.
    var holders: any SecretHolders { get }
    var clock: ManualClock { get }
    /// Everything that is kept on disk.
    var folder: TemporaryFolder { get }

    /// Registers a secret, as an operator would.
    func register(_ secret: NewSecret) async throws
}

extension HoldsSecrets {
    /// Registers a secret that any protocol may use.
    package func addSecret(_ secret: String, for deviceID: String, life: Int64 = 3600) async throws {
        try await register(
            NewSecret(deviceID: deviceID, value: Array(secret.utf8), validUntil: clock.now + life))
    }
}
