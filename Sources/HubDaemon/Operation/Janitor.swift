internal import Logging
internal import Registry
internal import ServiceLifecycle

/// Clears away what no longer counts: secrets whose time is over, rows that an interrupted import left.
struct Janitor: Service {
    let registry: Registry
    let logger: Logger

    func run() async throws {
        await Repetition(every: .seconds(600)).run { await sweep() }
    }

    private func sweep() async {
        do {
            try await registry.removeExpiredSecrets()
        } catch {
            logger.error("clearing failed", metadata: ["error": "\(error)"])
        }
    }
}
