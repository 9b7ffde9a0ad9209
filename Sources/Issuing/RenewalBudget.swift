internal import Synchronization

/// How many certificates a device got in the running minute: one that asks in a loop must not fill the store.
final class RenewalBudget: Sendable {
    /// Certificates for one device in a minute; a device that behaves needs one.
    static let limit = 20
    private static let seconds: Int64 = 60

    private struct Window {
        var minute: Int64 = 0
        var counts: [String: Int] = [:]
    }

    private let window = Mutex(Window())

    /// Counts one more; false when the device had its share.
    func take(_ deviceID: String, now: Int64) -> Bool {
        window.withLock { window in
            if window.minute != now / Self.seconds { window = Window(minute: now / Self.seconds) }
            let count = window.counts[deviceID, default: 0] + 1
            window.counts[deviceID] = count
            return count <= Self.limit
        }
    }
}
