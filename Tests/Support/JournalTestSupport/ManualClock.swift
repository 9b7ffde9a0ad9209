internal import Foundation
internal import Synchronization

/// A clock that stands still until a test moves it, and beside it one that nobody sets.
package final class ManualClock: Sendable {
    private let seconds: Mutex<(wall: Int64, steady: Int64)>

    /// Starts at a moment in Unix seconds.
    package init(at start: Int64) {
        seconds = Mutex((start, 1000))
    }

    /// Starts at the present time, which other programs agree with.
    package static func now() -> ManualClock {
        ManualClock(at: Int64(Date.now.timeIntervalSince1970))
    }

    /// Present time, Unix seconds.
    package var now: Int64 { seconds.withLock { $0.wall } }

    /// Seconds of the clock that nobody sets.
    package var steady: Int64 { seconds.withLock { $0.steady } }

    package func advance(by amount: Int64) {
        seconds.withLock { seconds in
            seconds.wall += amount
            seconds.steady += amount
        }
    }

    /// Sets the clock, to and fro, without any time passing.
    package func jump(by amount: Int64) {
        seconds.withLock { $0.wall += amount }
    }
}
