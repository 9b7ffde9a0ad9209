internal import Journal
internal import Logging
internal import HubRuntime
internal import ServiceLifecycle

/// Writes how many events of the audit trail and how many lines of the log are in sums instead of lines of their own,
/// also when nothing happens after them. What the last minute before a stop had is written by ``Hub`` and
/// ``DaemonCommand``.
struct FloodSums: Service {
    let journal: Journal
    let writeLogSums: @Sendable () -> Void
    let logger: Logger

    func run() async throws {
        await Repetition(every: .seconds(10)).run {
            writeLogSums()
            do {
                try await journal.writeAuditSums()
            } catch {
                logger.error("sums can't be written into the audit trail", metadata: ["error": "\(error)"])
            }
        }
    }
}
