/// What counts of it mean.
struct GuessRule: Sendable {
    /// Failed pairings after which only an administrator lets anybody try again.
    let failures: Int64
    /// Longest pause in seconds.
    let longestPause: Int64
}

/// What is counted against one address at one device, or against all addresses of a device together.
struct GuessCount: Sendable, Equatable {
    /// Wrong plain proofs.
    var guesses: Int64 = 0
    /// Plain proofs are not heard until then, Unix seconds.
    var lockedUntil: Int64 = 0
    /// Failed pairings, and plain guesses that count as such.
    var failures: Int64 = 0
    /// No pairing is heard until then, Unix seconds.
    var nextAt: Int64 = 0
    /// Whether somebody tried to pair: then plain proofs feel the pauses of pairing as well.
    var hasPaired = false

    func pairingGate(_ rule: GuessRule, now: Int64) -> GuessGate {
        failures >= rule.failures ? .locked : GuessGate(until: nextAt, now: now, longest: rule.longestPause)
    }

    func gates(_ rule: GuessRule, now: Int64) -> GuessGates {
        let pairing = pairingGate(rule, now: now)
        let lock = GuessGate(until: lockedUntil, now: now, longest: rule.longestPause)
        return GuessGates(plain: hasPaired ? lock.stricter(pairing) : lock, pairing: pairing)
    }
}

/// The counts of a device as one address meets them.
struct GuessCounts: Sendable, Equatable {
    /// Of the address; of all further ones together where there are too many.
    var own = GuessCount()
    /// Of all addresses but the one that guessed most: one address alone never closes the device to others.
    var others = GuessCount()

    func gates(_ rule: GuessRule, now: Int64) -> GuessGates {
        let (one, two) = (own.gates(rule, now: now), others.gates(rule, now: now))
        return GuessGates(plain: one.plain.stricter(two.plain), pairing: one.pairing.stricter(two.pairing))
    }
}
