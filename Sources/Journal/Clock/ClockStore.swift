internal import Store

/// SQL of the clock (docs/time.md): what the last look left, and what a clock that is set back leaves in the journal's
/// own tables.
enum ClockStore {
    /// What the last look left.
    struct Times: Sendable {
        let kept: ClockKeeper.Kept
        /// The latest time the clock has shown before it was set back, Unix seconds; long ago when it never was.
        let wrongUntil: Int64
    }

    static func times(in store: Store) async throws -> Times? {
        guard let bytes = try await store.lookUp({ db in try Settings.value("clock", in: db) }) else { return nil }
        let numbers = String(decoding: bytes, as: UTF8.self).split(separator: " ").compactMap { Int64($0) }
        guard numbers.count == 4 else { return nil }
        return Times(
            kept: ClockKeeper.Kept(latest: numbers[0], slow: numbers[1], slowest: numbers[2]), wrongUntil: numbers[3])
    }

    static func set(_ times: Times, in db: Database) throws {
        let numbers = [times.kept.latest, times.kept.slow, times.kept.slowest, times.wrongUntil]
        try Settings.set("clock", to: Array(numbers.map(String.init).joined(separator: " ").utf8), in: db)
    }

    /// Puts right what the journal itself has written while the clock was ahead of `now`.
    static func settle(at now: Int64, in db: Database) throws {
        for statement in statements {
            try db.run(statement, [.integer(now)])
        }
        try db.run("UPDATE webhook SET not_before = ?1 WHERE not_before > ?1 + ?2", [now, WebhookBackOff.longest])
    }

    /// Right sides see the values from before the statement.
    private static let statements = [
        "UPDATE webhook SET failing_since = ?1 WHERE failing_since > ?1",
        "UPDATE alarm SET first_seen = ?1 WHERE first_seen > ?1",
        "UPDATE alarm SET last_seen = ?1 WHERE last_seen > ?1",
        "UPDATE alarm SET cleared_at = ?1 WHERE cleared_at > ?1",
    ]
}
