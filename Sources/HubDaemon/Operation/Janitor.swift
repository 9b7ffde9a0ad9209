internal import Devices
internal import Issuing
internal import Logging
internal import HubRuntime
internal import Reach
internal import Rooms
internal import SecretFolder
internal import Secrets
internal import ServiceLifecycle
internal import Updates

/// Deletes what is no longer valid: secrets and certificates that have expired, old guesses, uploads nobody went on
/// with, authorities nobody needs any more.
struct Janitor: Service {
    let rooms: Rooms
    let issuer: Issuer
    let artifacts: Artifacts
    let catalogue: AuthorityCatalogue
    let files: PlainFileSweep
    let logger: Logger

    func run() async throws {
        await Repetition(every: .seconds(600)).run { await sweep() }
    }

    private func sweep() async {
        files.removeOld()
        do {
            try await rooms.secrets.removeExpiredSecrets()
            try await rooms.secrets.removeIdleGuesses()
            try await rooms.devices.removeForgottenPending()
            try await rooms.reach.removeEndedTunnelTokens()
            try await issuer.removeEndedCertificates()
            try artifacts.sweep()
            for generation in try await issuer.retireEnded(catalogue) {
                logger.notice("authority retired", metadata: ["ca.generation": "\(generation)"])
            }
        } catch {
            logger.error("clearing failed", metadata: ["error": "\(error)"])
        }
    }
}
