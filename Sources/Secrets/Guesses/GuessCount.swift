/// What counts of it mean, and when.
struct GuessRule: Sendable {
    /// Failed pairings after which only an administrator lets anybody try again.
    let failures: Int64
    /// Longest pause in seconds.
    let longestPause: Int64
    /// Present time, Unix seconds.
    let now: Int64
    /// The time by which counts grow old, Unix seconds (docs/time.md).
    let slowTime: Int64
}

/// What is counted against one source at one device, or against all sources of a device together.
struct GuessCount: Sendable, Equatable {
    var guesses: Int64 = 0
    /// Plain proofs are not heard until then, Unix seconds.
    var lockedUntil: Int64 = 0
    /// Failed pairings, and plain guesses that count as such.
    var failures: Int64 = 0
    /// No pairing is heard until then, Unix seconds.
    var nextAt: Int64 = 0
    /// Whether somebody tried to pair: then plain proofs feel the pauses of pairing as well.
    var hasPaired = false

    func pairingGate(_ rule: GuessRule) -> GuessGate {
        failures >= rule.failures ? .locked : GuessGate(until: nextAt, now: rule.now, longest: rule.longestPause)
    }

    func gates(_ rule: GuessRule) -> GuessGates {
        let pairing = pairingGate(rule)
        let lock = GuessGate(until: lockedUntil, now: rule.now, longest: rule.longestPause)
        return GuessGates(plain: hasPaired ? lock.stricter(pairing) : lock, pairing: pairing)
    }
}

/// The counts of a device as one source meets them.
struct GuessCounts: Sendable, Equatable {
    /// Of the source; of all further ones together where there are too many.
    var own = GuessCount()
    /// Of all sources but the one that guessed most: one source alone never closes the device to others. Of a strong
    /// secret, of all.
    var others = GuessCount()

    func gates(_ rule: GuessRule) -> GuessGates {
        let (one, two) = (own.gates(rule), others.gates(rule))
        return GuessGates(plain: one.plain.stricter(two.plain), pairing: one.pairing.stricter(two.pairing))
    }
}
