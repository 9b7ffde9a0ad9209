internal import Store

/// SQL of the tables `guess` and `guess_address`.
///
/// `guess_address` has what each source (``GuessSource``) guessed at a device whose secret is easy to guess. `guess`
/// has one row for each device that was guessed at: what all sources but the one that guessed most add up to, and the
/// pauses that come of it. Of a strong secret it has all guesses, and there is no other row: they lock nothing.
///
/// A row that only has guesses of more than a day ago is void, and makes room for others.
enum GuessStore {
    /// Sources that are told apart at one device, and in all; further ones share one count at each device.
    static let sourcesPerDevice = 16
    static let sourcesInAll = 16_384
    /// Sources that are told apart at each device, however many rows there are: nobody who fills the table brings it
    /// about that a single source closes a device to others.
    static let sourcesAlways = 2
    /// How long a row in which nothing happens is kept, in seconds.
    private static let life: Int64 = 86_400
    /// Stands for all further sources of a device. No source is empty.
    private static let further = ""

    /// What is counted at a device, as a source meets it.
    static func counts(
        _ deviceID: String, _ source: GuessSource, _ rule: GuessRule, in db: Database
    ) throws -> GuessCounts {
        GuessCounts(own: try met(deviceID, source, rule, in: db), others: try others(deviceID, in: db))
    }

    private static func met(
        _ deviceID: String, _ source: GuessSource, _ rule: GuessRule, in db: Database
    ) throws -> GuessCount {
        if let count = try find(deviceID, source.name, in: db) { return count }
        // Who never guessed has a part in what others did only where there is no row left for it.
        guard let shared = try find(deviceID, further, in: db), try !hasPlace(deviceID, rule, in: db) else {
            return GuessCount()
        }
        return shared
    }

    /// The count a source has a part in, and under which name it is kept; inside a write.
    static func own(
        _ deviceID: String, _ source: GuessSource, _ rule: GuessRule, in db: Database
    ) throws -> (name: String, count: GuessCount) {
        if let count = try find(deviceID, source.name, in: db) { return (source.name, count) }
        if try rowCount(atMost: sourcesInAll, in: db) == sourcesInAll { try removeIdle(rule, in: db) }
        if try hasPlace(deviceID, rule, in: db) { return (source.name, GuessCount()) }
        return (further, try find(deviceID, further, in: db) ?? GuessCount())
    }

    static func others(_ deviceID: String, in db: Database) throws -> GuessCount {
        try db.first(
            "SELECT wrong, locked_until, failures, next_at, has_paired FROM guess WHERE device_id = ?",
            [.string(deviceID)], read: count) ?? GuessCount()
    }

    /// The counts of each source; all further ones are one.
    static func sources(_ deviceID: String, in db: Database) throws -> [GuessCount] {
        try db.all(
            """
            SELECT guesses, locked_until, failures, next_at, has_paired FROM guess_address WHERE device_id = ?
            """, [.string(deviceID)], read: count)
    }

    private static func find(_ deviceID: String, _ name: String, in db: Database) throws -> GuessCount? {
        try db.first(
            """
            SELECT guesses, locked_until, failures, next_at, has_paired FROM guess_address WHERE device_id = ? AND address = ?
            """, [.string(deviceID), .string(name)], read: count)
    }

    /// Whether there is a row for one more source, beside the rows that are valid.
    private static func hasPlace(_ deviceID: String, _ rule: GuessRule, in db: Database) throws -> Bool {
        let here = try number(
            """
            SELECT count(*) FROM guess_address
            WHERE device_id = ?4 AND address <> '\(further)' AND NOT (\(idle))
            """, idleValues(rule) + [.string(deviceID)], in: db)
        if here < sourcesAlways { return true }
        guard here < sourcesPerDevice else { return false }
        let all = try number(
            "SELECT count(*) FROM (SELECT 1 FROM guess_address WHERE NOT (\(idle)) LIMIT \(sourcesInAll)) AS known",
            idleValues(rule), in: db)
        return all < sourcesInAll
    }

    private static func rowCount(atMost limit: Int, in db: Database) throws -> Int {
        try number("SELECT count(*) FROM (SELECT 1 FROM guess_address LIMIT \(limit)) AS known", [], in: db)
    }

    private static func number(_ sql: String, _ values: [SQLValue], in db: Database) throws -> Int {
        Int(try db.first(sql, values) { $0.integer(0) } ?? 0)
    }

    // MARK: - Void rows

    /// A row without failed pairings and without a lock in which nothing happened for a day.
    private static let idle = """
        failures = 0 AND touched_at <= ?3 AND (locked_until <= ?1 OR locked_until > ?1 + ?2)
        """

    private static func idleValues(_ rule: GuessRule) -> [SQLValue] {
        [.integer(rule.now), .integer(rule.longestPause), .integer(rule.slowTime - life)]
    }

    /// Rows that are removed together.
    static let removedTogether = 1000

    /// Deletes what is void, up to ``removedTogether`` rows; answers how many there were.
    @discardableResult
    static func removeIdle(_ rule: GuessRule, in db: Database) throws -> Int {
        try db.run(
            """
            DELETE FROM guess_address WHERE (device_id, address) IN (
                SELECT device_id, address FROM guess_address WHERE \(idle) LIMIT \(removedTogether))
            """, idleValues(rule))
    }

    // MARK: - Changes

    static func save(
        _ count: GuessCount, _ deviceID: String, _ name: String, _ rule: GuessRule, in db: Database
    ) throws {
        try db.run(
            """
            INSERT INTO guess_address (device_id, address, guesses, locked_until, failures, next_at, has_paired, touched_at)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
            ON CONFLICT (device_id, address) DO UPDATE SET guesses = ?3, locked_until = ?4, failures = ?5, next_at = ?6,
                has_paired = ?7, touched_at = ?8
            """,
            [
                .string(deviceID), .string(name), .integer(count.guesses), .integer(count.lockedUntil),
                .integer(count.failures), .integer(count.nextAt), .integer(count.hasPaired ? 1 : 0), .integer(rule.now),
            ])
    }

    /// - Parameter hasLocked: whether somebody is locked out now that was not; that it ever was is kept.
    static func save(others count: GuessCount, _ deviceID: String, hasLocked: Bool, in db: Database) throws {
        try db.run(
            """
            INSERT INTO guess (device_id, wrong, locks, locked_until, failures, next_at, has_paired, has_locked)
            VALUES (?1, ?2, 0, ?3, ?4, ?5, ?6, ?7)
            ON CONFLICT (device_id) DO UPDATE SET wrong = ?2, locked_until = ?3, failures = ?4, next_at = ?5,
                has_paired = ?6, has_locked = CASE WHEN ?7 = 1 THEN 1 ELSE guess.has_locked END
            """,
            [
                .string(deviceID), .integer(count.guesses), .integer(count.lockedUntil), .integer(count.failures),
                .integer(count.nextAt), .integer(count.hasPaired ? 1 : 0), .integer(hasLocked ? 1 : 0),
            ])
    }

    /// What all sources of a device guessed but the one that guessed most.
    static func sums(_ deviceID: String, in db: Database) throws -> (guesses: Int64, failures: Int64) {
        try db.first(
            "SELECT sum(guesses) - max(guesses), sum(failures) - max(failures) FROM guess_address WHERE device_id = ?",
            [.string(deviceID)]
        ) { columns in (columns.optionalInteger(0) ?? 0, columns.optionalInteger(1) ?? 0) } ?? (0, 0)
    }

    /// Whether a source, or the device as a whole, was ever locked since the secret is there.
    static func hasLocked(_ deviceID: String, in db: Database) throws -> Bool {
        try db.first("SELECT has_locked FROM guess WHERE device_id = ?", [.string(deviceID)]) { $0.integer(0) != 0 }
            ?? false
    }

    /// Forgets a device's guesses; answers how many rows there were.
    @discardableResult
    static func remove(_ deviceID: String, in db: Database) throws -> Int {
        try removeSources(deviceID, in: db) + db.run("DELETE FROM guess WHERE device_id = ?", [.string(deviceID)])
    }

    /// Forgets who guessed at a device.
    @discardableResult
    static func removeSources(_ deviceID: String, in db: Database) throws -> Int {
        try db.run("DELETE FROM guess_address WHERE device_id = ?", [.string(deviceID)])
    }

    /// Forgets the guesses at secrets that an import replaces.
    static func remove(ofBatch batch: Int64, in db: Database) throws {
        for table in ["guess", "guess_address"] {
            try db.run(
                """
                DELETE FROM \(table) WHERE EXISTS (
                    SELECT 1 FROM secret s WHERE s.device_id = \(table).device_id AND s.batch = ?)
                """, [.integer(batch)])
        }
    }

    private static func count(_ columns: borrowing SQLColumns) -> GuessCount {
        GuessCount(
            guesses: columns.integer(0), lockedUntil: columns.integer(1), failures: columns.integer(2),
            nextAt: columns.integer(3), hasPaired: columns.integer(4) != 0)
    }

    /// No pause is longer than it may be, seen from now: the clock was set back.
    static func settle(at now: Int64, longestLock: Int64, longestBackOff: Int64, in db: Database) throws {
        for table in ["guess", "guess_address"] {
            try db.run(
                """
                UPDATE \(table) SET locked_until = CASE WHEN locked_until > ?1 + ?2 THEN ?1 + ?2 ELSE locked_until END,
                    next_at = CASE WHEN next_at > ?1 + ?3 THEN ?1 + ?3 ELSE next_at END
                WHERE locked_until > ?1 + ?2 OR next_at > ?1 + ?3
                """, [now, longestLock, longestBackOff])
        }
        try db.run("UPDATE guess_address SET touched_at = ?1 WHERE touched_at > ?1", [now])
    }
}
