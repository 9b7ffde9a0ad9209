internal import Encoding
package import Journal
package import Logging
internal import HubRuntime
internal import ServiceLifecycle

/// Notices that the clock was set, and has what it left behind put right (docs/time.md). The hub's own certificates are
/// the business of ``CertificateKeeper``.
package struct ClockWatch: Service {
    private let journal: Journal
    private let logger: Logger
    private let afterSetBack: @Sendable () async -> Void

    /// - Parameter afterSetBack: asks again about rights that go on, after the clock was set back.
    package init(journal: Journal, logger: Logger, afterSetBack: @escaping @Sendable () async -> Void = {}) {
        self.journal = journal
        self.logger = logger
        self.afterSetBack = afterSetBack
    }

    package func run() async throws {
        await Repetition(every: .seconds(5)).run { await look() }
    }

    /// One look; a failure is logged and tried again at the next.
    package func look() async {
        do {
            guard let change = try await journal.lookAtClock() else { return }
            Self.tell(change, logger)
            if case .back = change { await afterSetBack() }
        } catch {
            logger.error("looking at the clock failed", metadata: ["error": "\(error)"])
        }
    }

    package static func tell(_ change: ClockChange, _ logger: Logger) {
        switch change {
        case .back(let from, let to):
            logger.warning(
                "the clock was set back, what was made for the time until then is made anew",
                metadata: ["clock.from": "\(RFC3339.text(from))", "clock.to": "\(RFC3339.text(to))"])
        case .forward(let from, let to):
            logger.notice(
                "the clock was set forward",
                metadata: ["clock.from": "\(RFC3339.text(from))", "clock.to": "\(RFC3339.text(to))"])
        }
    }
}
