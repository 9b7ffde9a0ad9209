internal import Encoding
internal import Journal
internal import Logging
internal import HubRuntime
internal import ServiceLifecycle

/// Notices that the clock was set, and has what it left behind put right (docs/time.md). The hub's own certificates are
/// the business of ``CertificateKeeper``.
struct ClockWatch: Service {
    let journal: Journal
    let logger: Logger

    func run() async throws {
        await Repetition(every: .seconds(5)).run { await look() }
    }

    /// One look; a failure is logged and tried again at the next.
    func look() async {
        do {
            if let change = try await journal.lookAtClock() { Self.tell(change, logger) }
        } catch {
            logger.error("looking at the clock failed", metadata: ["error": "\(error)"])
        }
    }

    static func tell(_ change: ClockChange, _ logger: Logger) {
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
