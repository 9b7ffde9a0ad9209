internal import HubRuntime
package import Issuing
package import Journal
package import Logging
package import SecretFolder
internal import ServiceLifecycle

/// Clears away every ten minutes what no longer counts: what the rooms sweep (``Sweepable``), old files of imports,
/// authorities nobody needs any more.
package struct Janitor: Service {
    private let rooms: [any Sweepable]
    private let issuer: Issuer
    private let catalogue: AuthorityCatalogue
    private let files: PlainFileSweep
    private let logger: Logger

    /// - Parameter rooms: in the order in which they are swept.
    package init(
        rooms: [any Sweepable], issuer: Issuer, catalogue: AuthorityCatalogue, files: PlainFileSweep, logger: Logger
    ) {
        self.rooms = rooms
        self.issuer = issuer
        self.catalogue = catalogue
        self.files = files
        self.logger = logger
    }

    package func run() async throws {
        await Repetition(every: .seconds(600)).run { await sweep() }
    }

    /// One turn; a failure is logged and tried again at the next.
    package func sweep() async {
        files.removeOld()
        do {
            for room in rooms { try await room.sweep() }
            for generation in try await issuer.retireEnded(catalogue) {
                logger.notice("authority retired", metadata: ["ca.generation": "\(generation)"])
            }
        } catch {
            logger.error("clearing failed", metadata: ["error": "\(error)"])
        }
    }
}
