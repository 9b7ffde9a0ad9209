/// How many of something may follow each other, and how many of them come back in a minute.
package struct MinuteBudget: Sendable, Equatable {
    package let burst: Int
    package let perMinute: Int

    package init(burst: Int, perMinute: Int) {
        self.burst = burst
        self.perMinute = perMinute
    }

    /// What is left some minutes later; `nil` when all of it is there again, so that nobody need remember it.
    package func left(_ left: Int, after minutes: Int) -> Int? {
        let refilled = left + minutes * perMinute
        return refilled < burst ? refilled : nil
    }
}

/// Counts the minutes of a clock.
package struct MinuteCount: Sendable {
    private var minute: Int64 = 0

    package init() {}

    /// How many minutes are over since the last call, 60 at most; `nil` while it is the same one. A clock that is set
    /// back has let one minute pass.
    ///
    /// - Parameters:
    ///   - now: seconds.
    ///   - isLast: whether the present minute is over too.
    package mutating func over(at now: Int64, isLast: Bool = false) -> Int? {
        let current = now / 60
        guard isLast || current != minute else { return nil }
        defer { minute = current }
        return Int(min(max(1, current - minute), 60))
    }
}
