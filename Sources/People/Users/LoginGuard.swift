internal import Journal
internal import Synchronization

/// Makes guessing passwords slow: names and addresses with many failures are locked for a while, each time for longer.
///
/// In memory, because it only has to outlast an attack; a restart gives a guesser some tries and no more. Names nobody
/// has are counted as well, so that a lock does not tell which exist, but apart, so that inventing names can't push a
/// real one out. Its times are those of a clock that nobody sets.
final class LoginGuard: Sendable {
    private struct Tables {
        var names = FailureTable(capacity: 100_000)
        var inventedNames = FailureTable(capacity: 4096)
        var addresses = FailureTable(capacity: 4096)
    }

    /// Wrong passwords of one address, whatever the names; more than one person may sit behind it.
    private static let guessesPerAddress = 30

    private let tables = Mutex(Tables())

    /// Counts a try as failed until ``succeeded(name:address:)`` takes that back, so that tries at the same moment
    /// can't all pass.
    ///
    /// - Returns: whether this try, if it fails, begins a lock of the name.
    /// - Throws: ``LoginError/locked(seconds:)``.
    func begin(
        name: String, isKnown: Bool, address: String, limits: LockLimits, now: Int64
    ) throws(LoginError) -> Bool {
        let (wait, locks) = tables.withLock { tables -> (Int64, Bool) in
            let ofName = (isKnown ? tables.names : tables.inventedNames).wait(name, now: now)
            let wait = max(ofName, tables.addresses.wait(address, now: now))
            guard wait <= 0 else { return (wait, false) }
            _ = tables.addresses.count(address, limit: Self.guessesPerAddress, limits: limits, now: now)
            if isKnown {
                return (0, tables.names.count(name, limit: limits.wrongGuesses, limits: limits, now: now))
            }
            return (0, tables.inventedNames.count(name, limit: limits.wrongGuesses, limits: limits, now: now))
        }
        guard wait <= 0 else { throw .locked(seconds: Int(wait)) }
        return locks
    }

    /// The password was right.
    func succeeded(name: String, address: String) {
        tables.withLock { tables in
            tables.names.remove(name)
            tables.addresses.takeBack(address)
        }
    }
}

/// Failures by name or address.
private struct FailureTable {
    private struct Entry {
        var failures = 0
        var last: Int64 = 0
        var lockedUntil: Int64 = 0
    }

    private let capacity: Int
    private var entries: [String: Entry] = [:]

    init(capacity: Int) {
        self.capacity = capacity
    }

    /// Seconds until the lock ends; 0 without one.
    func wait(_ key: String, now: Int64) -> Int64 {
        max(0, (entries[key]?.lockedUntil ?? 0) - now)
    }

    /// - Returns: whether a lock begins.
    mutating func count(_ key: String, limit: Int, limits: LockLimits, now: Int64) -> Bool {
        var entry = entries[key] ?? Entry()
        if now - max(entry.last, entry.lockedUntil) > limits.longestLockSeconds { entry = Entry() }
        entry.failures += 1
        entry.last = now
        let locks = entry.failures >= limit
        if locks {
            let doublings = min(entry.failures - limit, 20)
            entry.lockedUntil = now + min(limits.firstLockSeconds << doublings, limits.longestLockSeconds)
        }
        if entries[key] == nil, entries.count >= capacity,
            let oldest = entries.min(by: { $0.value.last < $1.value.last })
        {
            entries[oldest.key] = nil
        }
        entries[key] = entry
        return locks
    }

    mutating func remove(_ key: String) {
        entries[key] = nil
    }

    mutating func takeBack(_ key: String) {
        guard var entry = entries[key] else { return }
        entry.failures = max(0, entry.failures - 1)
        entry.lockedUntil = 0
        entries[key] = entry.failures > 0 ? entry : nil
    }
}
