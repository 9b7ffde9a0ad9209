internal import Synchronization

/// How many links are opened in a second, so that a fleet that comes back at once does not keep the hub from
/// everything else.
final class UpgradeRate: Sendable {
    private let budget: Mutex<MessageBudget>
    private let start = ContinuousClock.now

    init(perSecond: Int) {
        budget = Mutex(MessageBudget(perSecond: max(perSecond, 1), burst: max(perSecond, 1)))
    }

    /// Whether there is room now; takes nothing, so that who proves nothing uses nothing up.
    ///
    /// - Returns: `nil` when there is, else the seconds after which the device comes again. They are drawn, so that
    ///   those who were refused together don't come together.
    func refusal(now: ContinuousClock.Instant = .now) -> Int? {
        budget.withLock { $0.hasRoom(now: now - start) } ? nil : Int.random(in: 1...10)
    }

    /// A link is opened.
    func take(now: ContinuousClock.Instant = .now) {
        _ = budget.withLock { $0.take(now: now - start) }
    }
}
