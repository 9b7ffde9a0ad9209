internal import Synchronization

/// A clock that stands still until a test moves it.
package final class ManualClock: Sendable {
    private let seconds: Mutex<Int64>

    /// Starts at a moment in Unix seconds.
    package init(at start: Int64) {
        seconds = Mutex(start)
    }

    /// Present time, Unix seconds.
    package var now: Int64 { seconds.withLock { $0 } }

    /// Lets time pass.
    package func advance(by amount: Int64) {
        seconds.withLock { $0 += amount }
    }
}
