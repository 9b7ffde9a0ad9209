package import Journal
package import Logging
internal import HubRuntime
internal import ServiceLifecycle

/// Writes how many events of the audit trail and how many lines of the log are in sums instead of lines of their own,
/// also when nothing happens after them. What the last minute before a stop had is written by whoever ends the hub and
/// the log.
package struct FloodSums: Service {
    private let journal: Journal
    private let writeLogSums: @Sendable () -> Void
    private let logger: Logger

    package init(journal: Journal, writeLogSums: @escaping @Sendable () -> Void, logger: Logger) {
        self.journal = journal
        self.writeLogSums = writeLogSums
        self.logger = logger
    }

    package func run() async throws {
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
