/// When to renew: at half life, a little earlier by chance so that a site's devices do not come all at once; after
/// failures the more often the nearer the end is. Pure: times go in, times come out.
struct RenewalSchedule: Sendable, Equatable {
    /// Validity of the certificate, Unix seconds.
    let notBefore, notAfter: Int64
    /// 0…1, drawn once per certificate.
    let chance: Double

    /// The moment the first try is due: between 45 % and 50 % of the life.
    var due: Int64 {
        notBefore + Int64(Double(notAfter - notBefore) * (0.5 - 0.05 * chance))
    }

    /// Seconds until the first try; 0 or less for now. A certificate that begins later than now is of a hub whose clock
    /// was ahead: it is useless, so it is due at once.
    func waitSeconds(now: Int64) -> Int64 {
        now < notBefore ? 0 : due - now
    }

    /// Seconds to rest after a renewal at `now`, whatever is due: a certificate whose life is short, or was cut to that
    /// of its CA, may be past its half when it arrives. One that lasts no longer than the one before was no gain, and
    /// counts as a failure.
    ///
    /// - Parameter former: end of the certificate it took the place of, Unix seconds.
    func restSeconds(now: Int64, former: Int64) -> Int {
        notAfter > former ? Self.shortestPause : retrySeconds(now: now)
    }

    /// Between two tries, in seconds.
    private static let shortestPause = 20

    /// Seconds until the next try after a failure at `now`: an eighth of what is left, at least 20 s and at most 6 h,
    /// and 10 min once expired.
    func retrySeconds(now: Int64) -> Int {
        let left = notAfter - now
        guard left > 0 else { return 600 }
        let step = Double(left) / 8 * (0.8 + 0.4 * chance)
        return Int(min(max(step, Double(Self.shortestPause)), 21600))
    }
}

/// Waiting times of one hub after failures: doubled each time, with jitter.
struct BackOff: Sendable, Equatable {
    /// Why the hub is left alone.
    enum Cause: Sendable {
        /// It does not answer or answers nonsense: 1 s to 60 s.
        case fault
        /// It is not the device's hub, or refused the device: 30 s to 1 h.
        case distrust
    }

    private(set) var failures = 0

    /// Counts a failure; returns the seconds to wait. `chance` is 0…1.
    mutating func next(_ cause: Cause, chance: Double) -> Int {
        let (first, last) = cause == .fault ? (1.0, 60.0) : (30.0, 3600.0)
        let base = min(first * Double(1 << min(failures, 12)), last)
        failures += 1
        return max(1, Int(base * (0.75 + 0.5 * chance)))
    }
}
