internal import Synchronization

/// Counts calls in windows of a minute, one count for each caller (docs/protocols/mender.md 2).
final class RequestLimiter: Sendable {
    private struct Window {
        var start: Int64 = 0
        /// By caller, byte for byte.
        var counts: [[UInt8]: Int] = [:]
    }

    private let limit: Int
    private let now: @Sendable () -> Int64
    private let window = Mutex(Window())
    /// Callers one window remembers; further ones share one count, so that invented callers cost no memory.
    private static let callerLimit = 65_536

    /// - Parameters:
    ///   - limit: calls of one caller in a minute; 0 for no limit.
    ///   - now: seconds of a clock that nobody sets.
    init(perMinute limit: Int, now: @escaping @Sendable () -> Int64) {
        self.limit = limit
        self.now = now
    }

    /// Counts a call; seconds to wait when it is one too many, `nil` when it is not.
    func refusal(for caller: String) -> Int? {
        guard limit > 0 else { return nil }
        let present = now()
        return window.withLock { window in
            // A clock set back begins a window of its own, otherwise callers would wait until the old time comes again.
            if present >= window.start + 60 || present < window.start {
                window = Window(start: present)
            }
            let own = Array(caller.utf8)
            let name = window.counts[own] == nil && window.counts.count >= Self.callerLimit ? [] : own
            let count = window.counts[name, default: 0] + 1
            window.counts[name] = count
            return count > limit ? Int(window.start + 60 - present) : nil
        }
    }
}
