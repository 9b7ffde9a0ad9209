internal import GRDB
internal import Store

/// Guesses at secrets. They are counted by device and address first, so that nobody locks a device out by guessing at its secret; what several addresses guess
/// together is the second line, which closes the device to all. Counts survive restarts and end with the secret.
///
/// None of it keeps out who proves a secret that is not easy to guess (``OOBSecret/isGuessable``): the lock only ends the counting then.
extension Registry {
    /// Failed pairings after which only an administrator lets an address, or all of them, try again (spec/secure-pairing.md section 7).
    package static let pairingFailureLimit: Int64 = 20
    static let longestBackOff: Int64 = 3600

    private var guessRule: GuessRule {
        GuessRule(
            failures: Self.pairingFailureLimit, longestPause: max(Self.longestBackOff, limits.longestLockSeconds))
    }

    /// What an address hears of a device's secret now.
    func guessGates(_ deviceID: String, from address: String, in db: Database) throws -> GuessGates {
        try GuessStore.counts(deviceID, address, in: db).gates(guessRule, now: now())
    }

    /// Whether a pairing of a secret is heard now from an address.
    package func pairingGate(_ deviceID: String, from address: String) throws -> GuessGate {
        try store.lookUp { db in try guessGates(deviceID, from: address, in: db).pairing }
    }

    /// Counts a wrong plain proof of a secret: every tenth of an address locks the address, and every tenth of all others together locks the device, for a
    /// time that doubles (spec/idprov.md section 7).
    ///
    /// Where the secret can be guessed and paired with, it is a failed pairing as well, but not more often than pairing itself would be heard: otherwise a few
    /// seconds of plain guesses would cost what hours of pairing do.
    package func countWrongGuess(at secret: OOBSecret, by requester: Requester) async throws {
        try await store.write { [self] db in
            let deviceID = secret.deviceID
            var (name, own) = try GuessStore.own(deviceID, requester.address, in: db)
            own.guesses += 1
            if let seconds = lockSeconds(own.guesses, before: own.guesses - 1) {
                own.lockedUntil = now() + seconds
                try tell(
                    "wrong guesses", deviceID, isGuessable: secret.isGuessable, from: requester, seconds: seconds,
                    in: db
                )
            }
            let isPairing = secret.isGuessable && pairing(of: secret) == .any
            if isPairing, own.pairingGate(guessRule, now: now()) == .open {
                try fail(&own, at: deviceID, by: requester, in: db)
            }
            try GuessStore.save(own, deviceID, name, in: db)
            try countOthers(at: deviceID, isGuessable: secret.isGuessable, by: requester, in: db)
        }
    }

    /// Counts an attempt to pair with a secret that is easy to guess, before its answer leaves: by the hub's proof the other side learns whether its guess was
    /// right. Attempts at a strong secret lead nowhere, and must keep nobody out: they are not counted.
    ///
    /// - Returns: false when the gate closed meanwhile; then nothing may be answered.
    package func countPairingAttempt(_ deviceID: String, by requester: Requester) async throws -> Bool {
        try await store.write { [self] db in
            guard try guessGates(deviceID, from: requester.address, in: db).pairing == .open else { return false }
            var (name, own) = try GuessStore.own(deviceID, requester.address, in: db)
            own.hasPaired = true
            try fail(&own, at: deviceID, by: requester, in: db)
            try GuessStore.save(own, deviceID, name, in: db)
            try countOthers(at: deviceID, isGuessable: true, hasPaired: true, by: requester, in: db)
            return true
        }
    }

    /// Lets a locked device try again, from wherever.
    package func unlock(_ deviceID: String, by requester: Requester) async throws {
        try await store.write { [self] db in
            guard try GuessStore.remove(deviceID, in: db) > 0 else { throw RegistryError.unknownSecret(deviceID) }
            try clearAlarm(.secretLocked, deviceID, in: db)
            try audit("secret.unlock", deviceID, by: requester, in: db)
        }
    }

    /// Whether a secret is registered that somebody was locked out from and that was not proved since.
    func isLocked(_ deviceID: String, in db: Database) throws -> Bool {
        guard
            try GuessStore.hasLocked(
                deviceID, guesses: Int64(limits.wrongGuesses), failures: Self.pairingFailureLimit, in: db)
        else { return false }
        return try secret(of: deviceID, in: db) != nil
    }

    // MARK: - Rules

    /// The second line: what all addresses but one guessed together.
    private func countOthers(
        at deviceID: String, isGuessable: Bool, hasPaired: Bool = false, by requester: Requester, in db: Database
    ) throws {
        let before = try GuessStore.others(deviceID, in: db)
        let sums = try GuessStore.sums(deviceID, in: db)
        var others = before
        (others.guesses, others.hasPaired) = (sums.guesses, before.hasPaired || hasPaired)
        if let seconds = lockSeconds(sums.guesses, before: before.guesses) {
            others.lockedUntil = now() + seconds
            try tell(
                "wrong guesses of several addresses", deviceID, isGuessable: isGuessable, from: requester,
                seconds: seconds, in: db)
        }
        if sums.failures > before.failures {
            others.failures = sums.failures
            others.nextAt = now() + backOffSeconds(sums.failures)
            if sums.failures >= Self.pairingFailureLimit, before.failures < Self.pairingFailureLimit {
                try tellOfPairings(
                    "\(sums.failures) failed pairings of several addresses", deviceID, by: requester, in: db)
            }
        }
        try GuessStore.save(others: others, deviceID, in: db)
    }

    /// One more failed pairing: after the k-th nothing is heard for base * 2^(k-1) seconds, after the twentieth nothing at all.
    private func fail(_ count: inout GuessCount, at deviceID: String, by requester: Requester, in db: Database) throws {
        count.failures += 1
        count.nextAt = now() + backOffSeconds(count.failures)
        guard count.failures == Self.pairingFailureLimit else { return }
        try tellOfPairings("\(count.failures) failed pairings", deviceID, by: requester, in: db)
    }

    private func backOffSeconds(_ failures: Int64) -> Int64 {
        min(Self.longestBackOff, limits.pairingBackOffSeconds << min(failures - 1, 20))
    }

    /// How long a number of wrong guesses locks, in seconds; `nil` when it is no further ten.
    private func lockSeconds(_ guesses: Int64, before: Int64) -> Int64? {
        let tens = guesses / Int64(limits.wrongGuesses)
        guard tens > before / Int64(limits.wrongGuesses) else { return nil }
        return min(limits.longestLockSeconds, limits.firstLockSeconds << min(tens - 1, 20))
    }

    private func tell(
        _ what: String, _ deviceID: String, isGuessable: Bool, from requester: Requester, seconds: Int64,
        in db: Database
    ) throws {
        let hasLine = try auditLine(
            "secret.lock", deviceID, by: requester, detail: ["seconds": "\(seconds)"], cause: .stranger, in: db)
        if hasLine {
            try notify(
                .refused, deviceID,
                detail: ["by": "wrong guesses", "lockedSeconds": "\(seconds)", "address": requester.address], in: db)
        }
        let effect = isGuessable ? "" : "; the secret is strong, whoever proves it is served"
        try raiseAlarm(
            .secretLocked, deviceID, detail: "\(what), the last ones from \(requester.address)\(effect)", in: db)
    }

    private func tellOfPairings(_ what: String, _ deviceID: String, by requester: Requester, in db: Database) throws {
        try audit("secret.lock", deviceID, by: requester, detail: ["why": what], cause: .stranger, in: db)
        try raiseAlarm(
            .secretLocked, deviceID,
            detail: "\(what), the last ones from \(requester.address); oob unlock \(deviceID)", in: db)
    }
}
