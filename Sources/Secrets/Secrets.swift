package import Journal
internal import PKI
package import Store

/// What devices prove themselves with: their secrets, pairing records made of them, and what was guessed at either.
package final class Secrets: Sendable {
    /// Which addresses are one machine's.
    package let neighbours = Neighbours()
    package let limits: SecretsLimits
    let locks: LockLimits
    let journal: Journal
    let store: Store
    let now: @Sendable () -> Int64
    let steady: @Sendable () -> Int64
    /// Number of this run of the hub.
    let start = Int64.random(in: 1...Int64.max)
    let secretKey: SealingKey
    /// Guesses at strong secrets that are looked at while guesses are locked.
    let lockedGuesses = RateBudget(burst: 10)

    /// Makes the room over a store whose migrations include ``addMigrations(to:)``.
    package init(journal: Journal, limits: SecretsLimits = SecretsLimits(), locks: LockLimits = LockLimits()) {
        self.journal = journal
        self.limits = limits
        self.locks = locks
        (store, now, steady) = (journal.store, journal.now, journal.steady)
        secretKey = store.sealingKey.derive("latchkey secret")
        journal.add(
            RecordKeeper(hasRecords: { try SecretStore.hasAny(in: $0) }) { [locks] now, _, db in
                try GuessStore.settle(
                    at: now, longestLock: locks.longestLockSeconds, longestBackOff: Self.longestBackOff, in: db)
            })
    }

    /// The tables of this module, oldest first; never edited once released.
    package static func addMigrations(to migrator: inout MigrationList) {
        SecretStore.addMigrations(to: &migrator)
        SecretStore.addPairingMigration(to: &migrator)
        GuessStore.addAddressMigration(to: &migrator)
        GuessStore.addAgeMigration(to: &migrator)
    }
}

/// Defaults of secrets, and what slows down who guesses at them.
package struct SecretsLimits: Sendable, Equatable {
    /// Life of a secret without `validUntil`, in seconds (docs/protocols/idprov.md 4: 3 days).
    package var secretValiditySeconds: Int64 = 3 * 86_400
    /// Pause after the first failed pairing in seconds; each further one is twice as long
    /// (docs/protocols/secure-pairing.md 7).
    package var pairingBackOffSeconds: Int64 = 1
    /// Whether secrets that are easy to guess are valid for pairing only.
    package var weakSecretsNeedPairing = false
    /// Drops all secrets when the hub starts, as the protocol's text wants (docs/protocols/idprov.md 4).
    package var volatileSecrets = false

    package init() {}
}
