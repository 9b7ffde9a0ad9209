internal import PKI
internal import Synchronization

/// The time a device believes in (docs/time.md). Its own clock counts unless it contradicts what an authenticated hub
/// has told: no clock, or one that starts in 1970, is normal for small devices. Believed time always moves on with the
/// clock, and a clock that is set later is trusted again at once.
final class TimeKeeper: Sendable {
    /// What is done about a clock that runs ahead; kept over restarts.
    struct Correction: Sendable, Equatable {
        /// A clock from this on runs ahead, Unix seconds.
        let ceiling: Int64
        /// So many seconds are taken off then.
        let excess: Int64
    }

    private struct State {
        /// What an authenticated hub told last, Unix seconds: a clock below it was never set, or set back.
        var floor: Int64 = 0
        /// Seconds that are added then.
        var missing: Int64 = 0
        var correction: Correction?
        /// What was believed last.
        var last = Int64.min

        mutating func believed(_ clock: Int64) -> Int64 {
            if let correction, clock < correction.ceiling { self.correction = nil }
            if let correction {
                last = clock - correction.excess
            } else if clock < floor {
                // Set back under way: time goes on from where it was.
                if clock + missing < floor { missing = max(floor, last) - clock }
                last = clock + missing
            } else {
                last = clock
            }
            return last
        }

        func isOwn(_ clock: Int64) -> Bool { clock >= floor && correction == nil }
    }

    private let clock: @Sendable () -> Int64
    private let state = Mutex(State())

    init(clock: @escaping @Sendable () -> Int64) {
        self.clock = clock
    }

    /// The believed time in Unix seconds.
    var now: Int64 {
        let clock = clock()
        return state.withLock { $0.believed(clock) }
    }

    /// The device's own clock, Unix seconds; `nil` while it contradicts what a hub has proven.
    var ownClock: Int64? {
        let clock = clock()
        return state.withLock { state in
            _ = state.believed(clock)
            return state.isOwn(clock) ? clock : nil
        }
    }

    /// What has to be kept over a restart.
    var correction: Correction? {
        let clock = clock()
        return state.withLock { state in
            _ = state.believed(clock)
            return state.correction
        }
    }

    /// Sets what was known before a restart: time goes on from what a hub told when the clock is behind it.
    func remember(_ hubTime: Int64, _ correction: Correction? = nil) {
        let clock = clock()
        state.withLock { state in
            state.floor = max(state.floor, hubTime)
            state.correction = correction
            guard state.believed(clock) < hubTime, let kept = state.correction else { return }
            // It starts with the same wrong time again and again.
            state.correction = Correction(ceiling: kept.ceiling, excess: clock - hubTime)
        }
    }

    /// Learns from a validity, Unix seconds, and from the time in the answer that brought it, both authenticated.
    /// Returns the correction in seconds when the believed time was impossible, else nil.
    func learn(notBefore: Int64, notAfter: Int64, hubTime: Int64?) -> Int64? {
        let clock = clock()
        return state.withLock { state in
            let believed = state.believed(clock)
            let time = min(max(hubTime ?? notBefore, notBefore), notAfter - 1)
            guard believed < notBefore || believed >= notAfter else {
                state.floor = min(time, believed)
                if let kept = state.correction, clock >= notAfter {
                    state.correction = Correction(ceiling: max(kept.ceiling, notAfter), excess: kept.excess)
                }
                return nil
            }
            let isPossible = (notBefore..<notAfter).contains(clock)
            state.floor = isPossible ? min(time, clock) : time
            state.missing = isPossible ? 0 : max(0, time - clock)
            state.correction = clock < notAfter ? nil : Correction(ceiling: notAfter, excess: clock - time)
            state.last = Int64.min
            return state.believed(clock) - believed
        }
    }

    /// Whether a hub that has proven itself may move the believed time to another one, although its certificate is not
    /// valid at the believed time. On beyond what a hub told before always. Back only where the device's own clock
    /// agrees, or is not trusted: else it is the hub's clock that is wrong, and it will be set right.
    ///
    /// - Parameters:
    ///   - time: the hub's, Unix seconds.
    ///   - validity: of the hub's certificate, Unix seconds.
    func mayFollow(to time: Int64, validity: Range<Int64>) -> Bool {
        let clock = clock()
        return state.withLock { state in
            _ = state.believed(clock)
            return time >= state.floor || !state.isOwn(clock) || validity.contains(clock)
        }
    }

    /// A time at which a certificate may be checked while the clock is not to be trusted: now where it is valid now,
    /// else the nearer end of its validity.
    func plausible(for certificate: Certificate) -> Int64 {
        min(max(now, certificate.notBefore), certificate.notAfter - 1)
    }
}
