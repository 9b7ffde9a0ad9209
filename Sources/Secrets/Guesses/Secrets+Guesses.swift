package import Journal
internal import Store

/// Guesses at secrets. They are counted by device and source (``GuessSource``) first, so that nobody locks a device out
/// by guessing at its secret; what several sources guess together is the second line, which closes the device to all.
/// Counts survive restarts and end with the secret.
///
/// None of it keeps out who proves a secret that is not easy to guess (``OOBSecret/isGuessable``): the lock only ends
/// the counting then.
extension Secrets {
    /// Failed pairings after which only an administrator lets a source, or all of them, try again
    /// (docs/protocols/secure-pairing.md section 7).
    package static let pairingFailureLimit: Int64 = 20
    static let longestBackOff: Int64 = 3600

    var guessRule: GuessRule {
        GuessRule(
            failures: Self.pairingFailureLimit, longestPause: max(Self.longestBackOff, locks.longestLockSeconds),
            now: now(), slowTime: journal.slowTime)
    }

    /// What a source hears of a device's secret now.
    func guessGates(_ deviceID: String, from source: GuessSource, in db: Database) throws -> GuessGates {
        let rule = guessRule
        return try GuessStore.counts(deviceID, source, rule, in: db).gates(rule)
    }

    /// Whether a proof of a strong secret is looked at while guesses are locked: from each source ten at once, then one
    /// in five seconds. No device notices; but what is long and yet not random is not searched through at the speed of
    /// the network.
    package func hearsWhileLocked(_ deviceID: String, from address: String) -> Bool {
        lockedGuesses.take(guessSource(of: address).name + "\0" + deviceID, interval: 5, now: steady()) == nil
    }

    /// Whether a pairing of a secret is heard now from an address.
    package func pairingGate(_ deviceID: String, from address: String) async throws -> GuessGate {
        let source = guessSource(of: address)
        return try await store.lookUp { [self] db in try guessGates(deviceID, from: source, in: db).pairing }
    }

    /// Counts a wrong plain proof of a secret: every tenth of a source locks the source, and every tenth of all others
    /// together locks the device, for a time that doubles (docs/protocols/idprov.md section 7). Of a strong secret
    /// every tenth ends the counting for that time, whoever guesses.
    ///
    /// Where the secret can be guessed and paired with, it is a failed pairing as well, but not more often than pairing
    /// itself would be heard: otherwise a few seconds of plain guesses would cost what hours of pairing do.
    package func countWrongGuess(at secret: OOBSecret, by requester: Requester) async throws {
        let source = guessSource(of: requester.address)
        try await store.write { [self] db in
            guard secret.isGuessable else { return try countAtStrong(secret.deviceID, by: requester, in: db) }
            let (deviceID, rule) = (secret.deviceID, guessRule)
            var locks: [GuessLock] = []
            var (name, own) = try GuessStore.own(deviceID, source, rule, in: db)
            own.guesses += 1
            if let seconds = lockSeconds(own.guesses, before: own.guesses - 1) {
                own.lockedUntil = now() + seconds
                locks.append(GuessLock(what: "wrong guesses", seconds: seconds))
            }
            if pairing(of: secret) == .any, own.pairingGate(rule) == .open { fail(&own, &locks) }
            try GuessStore.save(own, deviceID, name, rule, in: db)
            try countOthers(at: deviceID, &locks, in: db)
            try tell(of: locks, deviceID, by: requester, in: db)
        }
    }

    /// Counts an attempt to pair with a secret that is easy to guess, before its answer leaves: by the hub's proof the
    /// other side learns whether its guess was right. Attempts at a strong secret lead nowhere, and must keep nobody
    /// out: they are not counted.
    ///
    /// - Returns: false when the gate closed meanwhile; then nothing may be answered.
    package func countPairingAttempt(_ deviceID: String, by requester: Requester) async throws -> Bool {
        let source = guessSource(of: requester.address)
        return try await store.write { [self] db in
            guard try guessGates(deviceID, from: source, in: db).pairing == .open else { return false }
            let rule = guessRule
            var locks: [GuessLock] = []
            var (name, own) = try GuessStore.own(deviceID, source, rule, in: db)
            own.hasPaired = true
            fail(&own, &locks)
            try GuessStore.save(own, deviceID, name, rule, in: db)
            try countOthers(at: deviceID, hasPaired: true, &locks, in: db)
            try tell(of: locks, deviceID, by: requester, in: db)
            return true
        }
    }

    /// Lets a locked device try again, from wherever.
    package func unlock(_ deviceID: String, by requester: Requester) async throws {
        try await store.write { [self] db in
            guard try GuessStore.remove(deviceID, in: db) > 0 else { throw SecretsError.unknownSecret(deviceID) }
            try journal.clearAlarm(.secretLocked, deviceID, in: db)
            try journal.audit("secret.unlock", deviceID, by: requester, in: db)
        }
    }

    /// Whether a secret is registered that somebody was locked out from and that was not proved since.
    func isLocked(_ deviceID: String, in db: Database) throws -> Bool {
        guard try GuessStore.hasLocked(deviceID, in: db) else { return false }
        return try secret(of: deviceID, in: db) != nil
    }

    /// Forgets guesses of more than a day ago, a thousand at a time, so that nobody waits long for the writer.
    package func removeIdleGuesses() async throws {
        while true {
            let removed = try await store.write { [self] db in try GuessStore.removeIdle(guessRule, in: db) }
            guard removed == GuessStore.removedTogether else { return }
        }
    }

    // MARK: - Rules

    /// The second line: what all sources but one guessed together.
    private func countOthers(
        at deviceID: String, hasPaired: Bool = false, _ locks: inout [GuessLock], in db: Database
    ) throws {
        let before = try GuessStore.others(deviceID, in: db)
        let sums = try GuessStore.sums(deviceID, in: db)
        var others = before
        (others.guesses, others.hasPaired) = (sums.guesses, before.hasPaired || hasPaired)
        if let seconds = lockSeconds(sums.guesses, before: before.guesses) {
            others.lockedUntil = now() + seconds
            locks.append(GuessLock(what: "wrong guesses of several addresses", seconds: seconds))
        }
        if sums.failures > before.failures {
            others.failures = sums.failures
            others.nextAt = now() + backOffSeconds(sums.failures)
            if sums.failures >= Self.pairingFailureLimit, before.failures < Self.pairingFailureLimit {
                locks.append(GuessLock(what: "\(sums.failures) failed pairings of several addresses"))
            }
        }
        try GuessStore.save(others: others, deviceID, hasLocked: !locks.isEmpty, in: db)
    }

    /// Guesses at a strong secret lock nothing: one row is enough, whoever guesses.
    private func countAtStrong(_ deviceID: String, by requester: Requester, in db: Database) throws {
        var (all, locks) = (try GuessStore.others(deviceID, in: db), [GuessLock]())
        all.guesses += 1
        if let seconds = lockSeconds(all.guesses, before: all.guesses - 1) {
            all.lockedUntil = now() + seconds
            locks.append(GuessLock(what: "wrong guesses", seconds: seconds))
        }
        try GuessStore.removeSources(deviceID, in: db)
        try GuessStore.save(others: all, deviceID, hasLocked: !locks.isEmpty, in: db)
        try tell(of: locks, deviceID, isStrong: true, by: requester, in: db)
    }

    /// One more failed pairing: after the k-th nothing is heard for base * 2^(k-1) seconds, after the twentieth nothing
    /// at all.
    private func fail(_ count: inout GuessCount, _ locks: inout [GuessLock]) {
        count.failures += 1
        count.nextAt = now() + backOffSeconds(count.failures)
        guard count.failures == Self.pairingFailureLimit else { return }
        locks.append(GuessLock(what: "\(count.failures) failed pairings"))
    }

    private func backOffSeconds(_ failures: Int64) -> Int64 {
        min(Self.longestBackOff, limits.pairingBackOffSeconds << min(failures - 1, 20))
    }

    /// How long a number of wrong guesses locks, in seconds; `nil` when it is no further ten.
    private func lockSeconds(_ guesses: Int64, before: Int64) -> Int64? {
        let tens = guesses / Int64(locks.wrongGuesses)
        guard tens > before / Int64(locks.wrongGuesses) else { return nil }
        return min(locks.longestLockSeconds, locks.firstLockSeconds << min(tens - 1, 20))
    }
}
