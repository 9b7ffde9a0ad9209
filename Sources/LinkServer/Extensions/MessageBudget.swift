/// How many messages of a kind are taken: so many at once, then so many in a second. Pure.
struct MessageBudget: Sendable {
    private let perSecond: Double
    private let burst: Double
    private var left: Double
    private var last: Duration?

    init(perSecond: Int, burst: Int) {
        self.perSecond = Double(perSecond)
        self.burst = Double(burst)
        left = Double(burst)
    }

    /// How many would be taken.
    func rest(now: Duration) -> Double {
        var copy = self
        return copy.take(0, now: now) ? copy.left : 0
    }

    /// Whether one would be taken.
    func hasRoom(now: Duration) -> Bool {
        var copy = self
        return copy.take(now: now)
    }

    /// Whether so many are taken, all or none.
    ///
    /// - Parameter now: of a clock that nobody sets.
    mutating func take(_ count: Int = 1, now: Duration) -> Bool {
        let passed = max(now - (last ?? now), .zero)
        left = min(left + passed / .seconds(1) * perSecond, burst)
        last = max(now, last ?? now)
        guard left >= Double(count) else { return false }
        left -= Double(count)
        return true
    }
}
