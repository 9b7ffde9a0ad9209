internal import Synchronization

/// Deployments in which another device may begin, each looked at once a second at most: with a thousand devices at work
/// one of them is done every moment.
final class FreedSlots: Sendable {
    private struct State {
        var waiting: Set<String> = []
        /// When each was looked at last, seconds of the hub's own clock.
        var looked: [String: ContinuousClock.Instant] = [:]

        mutating func take(_ deployment: String, now: ContinuousClock.Instant) -> Bool {
            if let last = looked[deployment], last.duration(to: now) < FreedSlots.pause {
                waiting.insert(deployment)
                return false
            }
            looked[deployment] = now
            waiting.remove(deployment)
            return true
        }

        mutating func takeWaiting(now: ContinuousClock.Instant) -> [String] {
            looked = looked.filter { $0.value.duration(to: now) < FreedSlots.pause }
            let due = waiting.filter { looked[$0] == nil }.sorted()
            waiting.subtract(due)
            for deployment in due { looked[deployment] = now }
            return due
        }
    }

    private static let pause = Duration.seconds(1)
    private let state = Mutex(State())

    /// Whether to look at a deployment now; otherwise it is remembered.
    func take(_ deployment: String) -> Bool {
        state.withLock { $0.take(deployment, now: .now) }
    }

    /// Those that were remembered and whose second is over.
    func takeWaiting() -> [String] {
        state.withLock { $0.takeWaiting(now: .now) }
    }
}
