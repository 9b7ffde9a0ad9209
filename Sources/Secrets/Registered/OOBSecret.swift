package import PKI

/// How a device may prove its secret (docs/protocols/secure-pairing.md section 3).
package enum Pairing: String, Sendable, CaseIterable {
    /// Plain IDProv: HMAC under the secret.
    case hmac
    /// SPAKE2+ only.
    case spake2plus
    /// Either; the device chooses.
    case any
}

/// A secret of the store, opened.
package struct OOBSecret: Sendable {
    /// Device it belongs to.
    package let deviceID: String
    /// The secret's bytes, used as they are; empty when only its pairing record is kept.
    package let value: [UInt8]
    /// Its pairing record, as far as it was made.
    package let record: PairingRecord?
    /// Last second of its life, Unix seconds.
    package let validUntil: Int64
    /// Role the device gets.
    package let ou: String
    package let deviceType: String?
    /// How it may be proved.
    package let pairing: Pairing
    /// Which registration it is; a use is refused when another one has replaced it meanwhile.
    package let batch: Int64
    /// Fingerprint of the only key it is still valid for: it was used with it, but the answer may have been lost.
    package let boundKey: String?
    /// Whether it is easy to guess (`SecretStrength`), as far as known: then guesses lock it. A strong one is never
    /// locked.
    package let isGuessable: Bool
    /// Sealed form, compared to notice a replacement.
    let sealed: [UInt8]
}

/// A secret as an operator sees it: everything but the secret.
package struct SecretListing: Sendable, Equatable {
    /// Device it belongs to.
    package let deviceID: String
    /// Last second of its life, Unix seconds.
    package let validUntil: Int64
    /// Role the device gets.
    package let ou: String
    package let deviceType: String?
    /// How it may be proved.
    package let pairing: Pairing
    /// `key=value;…` as imported.
    package let tags: String?
    /// Free text as imported.
    package let note: String?
    /// Unix second until which nobody's proof is looked at, `nil` when it is; the end of the year 9999 where only an
    /// operator ends the lock.
    package let lockedUntil: Int64?
    /// How many addresses are locked out for what they guessed; others are heard.
    package let lockedAddresses: Int
    /// The secret itself, only when it was asked for.
    package let secret: String?

    /// ``lockedUntil`` where only an operator ends the lock.
    static let untilUnlocked: Int64 = 253_402_300_799
}
