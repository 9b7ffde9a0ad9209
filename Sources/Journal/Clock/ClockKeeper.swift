/// A change of the wall clock that was more than time passing.
package enum ClockChange: Sendable, Equatable {
    /// It was set back: from where it would be now to where it is, Unix seconds.
    case back(from: Int64, to: Int64)
    /// It was set forward, in the same way.
    case forward(from: Int64, to: Int64)
}

/// Compares the wall clock with one that nobody sets (docs/time.md). Pure: both come in, what to think of it comes out.
///
/// It also keeps two slow times, by which things are thrown away. Neither is ever ahead of the wall clock. Where that
/// jumped forward, or the hub was off, the one follows ten times as fast as time passes: an hour of a clock that is
/// ahead removes nothing that has more than ten hours left. The other does not follow at all: it counts the time in
/// which the hub ran, for what must never come to life again.
package struct ClockKeeper: Sendable, Equatable {
    /// What survives a restart; Unix seconds.
    package struct Kept: Sendable, Equatable {
        /// The wall clock at the last look; where it was set back by less than a jump, the time from which that was.
        package var latest: Int64
        package var slow: Int64
        package var slowest: Int64

        package init(latest: Int64, slow: Int64, slowest: Int64) {
            (self.latest, self.slow, self.slowest) = (latest, slow, slowest)
        }
    }

    /// As of the last look.
    package private(set) var kept: Kept
    /// The other clock at the last look, in seconds.
    private var steady: Int64

    /// A difference up to this many seconds is not a jump.
    package static let tolerance: Int64 = 60
    /// Seconds that the slow time follows in one.
    private static let pace: Int64 = 10
    /// 2025-01-01T00:00:00Z. A clock before it was never set, and nothing has to be guarded from it.
    private static let firstMoment: Int64 = 1_735_689_600

    /// Begins with nothing known.
    package init(now: Int64, steady: Int64) {
        kept = Kept(latest: now, slow: now, slowest: now)
        self.steady = steady
    }

    /// Goes on from what an earlier run has left.
    ///
    /// - Returns: beside it the change since then. How long the hub was off nobody knows, so a clock that is further is
    ///   no change.
    package static func resuming(
        _ kept: Kept, now: Int64, steady: Int64
    ) -> (keeper: ClockKeeper, change: ClockChange?) {
        var keeper = ClockKeeper(now: kept.latest, steady: steady)
        keeper.kept = kept
        let change = keeper.look(now: now, steady: steady)
        if case .back = change { return (keeper, change) }
        return (keeper, nil)
    }

    /// Looks again; answers what happened to the wall clock since the last look.
    package mutating func look(now: Int64, steady present: Int64) -> ClockChange? {
        let expected = kept.latest + max(0, present - steady)
        (kept.slow, kept.slowest) = (slowTime(now: now, steady: present), slowestTime(now: now, steady: present))
        steady = present
        if now < expected - Self.tolerance {
            kept.latest = now
            return .back(from: expected, to: now)
        }
        // Many small steps back are a jump in the end.
        kept.latest = max(now, expected)
        return now > expected + Self.tolerance ? .forward(from: expected, to: now) : nil
    }

    /// The slow time, Unix seconds.
    package func slowTime(now: Int64, steady present: Int64) -> Int64 {
        follow(kept.slow, Self.pace, now, present)
    }

    /// The slowest time, Unix seconds.
    package func slowestTime(now: Int64, steady present: Int64) -> Int64 {
        follow(kept.slowest, 1, now, present)
    }

    private func follow(_ time: Int64, _ pace: Int64, _ now: Int64, _ present: Int64) -> Int64 {
        time < Self.firstMoment ? now : min(now, time + pace * max(0, present - steady))
    }
}
