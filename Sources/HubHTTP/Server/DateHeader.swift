internal import Encoding
internal import Synchronization

/// The text of the `Date` header (RFC 9110 section 6.6.1), made once a second.
final class DateHeader: Sendable {
    private let made = Mutex<(second: Int64, text: String)>((-1, ""))
    private let now: @Sendable () -> Int64

    /// - Parameter now: present time, Unix seconds.
    init(now: @escaping @Sendable () -> Int64) {
        self.now = now
    }

    var text: String {
        let second = now()
        return made.withLock { made in
            if made.second != second { made = (second, HTTPDate.text(second)) }
            return made.text
        }
    }
}
