internal import PKI
internal import Synchronization

/// The time a device believes in. Its own clock counts unless it contradicts what an authenticated hub has told: no
/// clock, or one that starts in 1970, is normal for small devices. Believed time always moves on with the clock, and a
/// clock that is set later counts again at once.
final class TimeKeeper: Sendable {
    private struct State {
        /// A clock below this was never set; then this many seconds are added.
        var floor: Int64 = 0
        var missing: Int64 = 0
        /// A clock from this on runs ahead; then this many seconds are taken off.
        var ceiling = Int64.max
        var excess: Int64 = 0

        func believed(_ clock: Int64) -> Int64 {
            if clock < floor { return clock + missing }
            return clock >= ceiling ? clock - excess : clock
        }
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

    /// Sets what a hub told before a restart: time goes on from there when the clock is behind it.
    func remember(_ hubTime: Int64) {
        let clock = clock()
        state.withLock { state in
            guard state.believed(clock) < hubTime else { return }
            state.floor = hubTime
            state.missing = hubTime - clock
        }
    }

    /// Learns from a fresh certificate and from the time in the answer that brought it, both authenticated. Returns the
    /// correction in seconds when the believed time was impossible, else nil.
    func learn(from certificate: Certificate, hubTime: Int64?) -> Int64? {
        learn(notBefore: certificate.notBefore, notAfter: certificate.notAfter, hubTime: hubTime)
    }

    /// The same with the certificate's validity, Unix seconds.
    func learn(notBefore: Int64, notAfter: Int64, hubTime: Int64?) -> Int64? {
        let clock = clock()
        return state.withLock { state in
            let believed = state.believed(clock)
            guard believed < notBefore || believed >= notAfter else { return nil }
            let time = min(max(hubTime ?? notBefore, notBefore), notAfter - 1)
            if clock < time {
                state.floor = time
                state.missing = time - clock
            } else {
                state.floor = 0
                state.ceiling = notAfter
                state.excess = clock - time
            }
            return time - believed
        }
    }

    /// A time at which a certificate seen at first contact may be checked while the clock is not to be trusted yet: now
    /// where it is valid now, else the nearer end of its validity.
    func plausible(for certificate: Certificate) -> Int64 {
        min(max(now, certificate.notBefore), certificate.notAfter - 1)
    }
}
