/// Whether guesses at a device's secret are heard now (docs/protocols/idprov.md section 7,
/// docs/protocols/secure-pairing.md section 7).
package enum GuessGate: Sendable, Equatable {
    case open
    /// Not before so many seconds, 1 or more.
    case backOff(seconds: Int64)
    /// Not before an administrator unlocks the device.
    case locked

    /// What a pause until a moment means now, both in Unix seconds. One that lies further ahead than any pause lasts
    /// was begun by a clock that was ahead, and is over: it must keep nobody out until that time comes again.
    init(until: Int64, now: Int64, longest: Int64) {
        self = until > now && until - now <= longest ? .backOff(seconds: until - now) : .open
    }

    /// The stricter of two.
    func stricter(_ other: GuessGate) -> GuessGate {
        switch (self, other) {
        case (.locked, _), (_, .locked): .locked
        case (.backOff(let one), .backOff(let two)): .backOff(seconds: max(one, two))
        case (.open, _): other
        case (_, .open): self
        }
    }
}

/// What one source hears, by the way in which it proves the secret.
package struct GuessGates: Sendable, Equatable {
    /// Plain proofs: the HMAC of IDProv, the password of EST.
    package var plain: GuessGate
    /// SPAKE2+.
    package var pairing: GuessGate

    package static let open = GuessGates(plain: .open, pairing: .open)

    /// What a device hears that may prove the secret in this way only; where it may choose, the stricter: devices pair
    /// with a secret that is easy to guess.
    func gate(_ pairing: Pairing) -> GuessGate {
        switch pairing {
        case .hmac: plain
        case .spake2plus: self.pairing
        case .any: plain.stricter(self.pairing)
        }
    }
}
