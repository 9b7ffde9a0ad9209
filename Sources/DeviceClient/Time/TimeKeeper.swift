internal import PKI
internal import Synchronization

/// The time a device believes in. Its own clock counts unless it contradicts a certificate that an authenticated hub
/// has just issued: no clock, or one that starts in 1970, is normal for small devices.
final class TimeKeeper: Sendable {
    private struct State {
        var offset: Int64 = 0
        var floor: Int64 = 0
    }

    private let clock: @Sendable () -> Int64
    private let state = Mutex(State())

    init(clock: @escaping @Sendable () -> Int64) {
        self.clock = clock
    }

    /// The believed time in Unix seconds.
    var now: Int64 {
        let clock = clock()
        return state.withLock { max(clock + $0.offset, $0.floor) }
    }

    /// Sets what was known before a restart: time never goes back behind it.
    func remember(_ hubTime: Int64) {
        state.withLock { $0.floor = max($0.floor, hubTime) }
    }

    /// Learns from a fresh certificate and from the time in the answer that brought it, both authenticated. Returns the
    /// correction in seconds when the clock was impossible, else nil.
    func learn(from certificate: Certificate, hubTime: Int64?) -> Int64? {
        let clock = clock()
        return state.withLock { state in
            let believed = max(clock + state.offset, state.floor)
            guard believed < certificate.notBefore || believed >= certificate.notAfter else { return nil }
            let told = hubTime ?? certificate.notBefore
            let inside = min(max(told, certificate.notBefore), certificate.notAfter - 1)
            state.offset = inside - clock
            state.floor = min(state.floor, inside)
            return state.offset
        }
    }

    /// A time at which a certificate seen at first contact may be checked while the clock is not to be trusted yet: now
    /// where it is valid now, else the nearer end of its validity.
    func plausible(for certificate: Certificate) -> Int64 {
        min(max(now, certificate.notBefore), certificate.notAfter - 1)
    }
}
