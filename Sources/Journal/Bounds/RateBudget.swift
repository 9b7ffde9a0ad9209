internal import Synchronization

/// How often each of many callers may have something durable done: so many at once, then one per interval. In memory: a
/// restart gives each of them a few more, and an attacker who wants to fill a disk can't restart the hub.
package final class RateBudget: Sendable {
    private let burst: Int64
    private let capacity: Int
    /// By caller, byte for byte: the moment from which its whole share is there again, Unix seconds.
    private let full = Mutex<[[UInt8]: Int64]>([:])

    /// - Parameters:
    ///   - burst: how many a caller may have at once.
    /// - capacity: callers that are told apart; further ones share one budget, so that invented callers cost no memory.
    package init(burst: Int, capacity: Int = 65_536) {
        self.burst = Int64(burst)
        self.capacity = capacity
    }

    /// Seconds until a caller may take one, 1 or more; `nil` when it may. Takes nothing.
    package func wait(_ caller: String, interval: Int64, now: Int64) -> Int64? {
        full.withLock { full in
            let since = min(max(full[Array(caller.utf8)] ?? now, now), now + interval * burst)
            let wait = since + interval - (now + interval * burst)
            return wait > 0 ? wait : nil
        }
    }

    /// Takes one out of a caller's share.
    ///
    /// - Parameters:
    ///   - interval: seconds after which one more is there.
    ///   - now: seconds of a clock that nobody sets.
    /// - Returns: `nil` when it may; else the seconds until it may, 1 or more, and nothing was taken.
    package func take(_ caller: String, interval: Int64, now: Int64) -> Int64? {
        full.withLock { full in
            var name = Array(caller.utf8)
            if full[name] == nil, full.count >= capacity {
                full = full.filter { $0.value > now }
                if full.count >= capacity { name = [] }
            }
            // A clock that was set back must not lock a caller out until the old time comes again.
            let since = min(max(full[name] ?? now, now), now + interval * burst)
            let wait = since + interval - (now + interval * burst)
            guard wait <= 0 else {
                full[name] = since
                return wait
            }
            full[name] = since + interval
            return nil
        }
    }
}
