internal import GRDB
internal import Store

/// SQL of what a clock that is set back leaves behind (docs/time.md): whatever was begun later than now begins now, and
/// no deadline is further away than its own length.
enum ClockStore {
    /// What the last look left.
    struct Times: Sendable {
        let kept: ClockKeeper.Kept
        /// The latest time the clock has shown before it was set back, Unix seconds; long ago when it never was.
        let wrongUntil: Int64
    }

    static func times(in store: Store) throws -> Times? {
        guard let bytes = try store.lookUp({ db in try Settings.value("clock", in: db) }) else { return nil }
        let numbers = String(decoding: bytes, as: UTF8.self).split(separator: " ").compactMap { Int64($0) }
        guard numbers.count == 4 else { return nil }
        return Times(
            kept: ClockKeeper.Kept(latest: numbers[0], slow: numbers[1], slowest: numbers[2]), wrongUntil: numbers[3])
    }

    static func set(_ times: Times, in db: Database) throws {
        let numbers = [times.kept.latest, times.kept.slow, times.kept.slowest, times.wrongUntil]
        try Settings.set("clock", to: Array(numbers.map(String.init).joined(separator: " ").utf8), in: db)
    }

    /// Puts right what was written while the clock was ahead of `now`; a second time it finds nothing.
    ///
    /// - Returns: a pairing window that was closed by it: nobody knows when its time is over, and it must not open
    ///   again by itself.
    @discardableResult
    static func settle(at now: Int64, limits: RegistryLimits, in db: Database) throws -> PairingWindow? {
        for statement in statements {
            try db.execute(sql: statement, arguments: ["now": now])
        }
        for table in ["guess", "guess_address"] {
            try db.execute(
                sql: """
                    UPDATE \(table) SET locked_until = min(locked_until, ?1 + ?2), next_at = min(next_at, ?1 + ?3)
                    WHERE locked_until > ?1 + ?2 OR next_at > ?1 + ?3
                    """,
                arguments: [now, limits.longestLockSeconds, Registry.longestBackOff])
        }
        try db.execute(
            sql: "UPDATE auth_set SET token_ends_at = ?1 + ?2 WHERE token_ends_at > ?1 + ?2",
            arguments: [now, Registry.deviceTokenSeconds])
        try db.execute(
            sql: "UPDATE webhook SET not_before = ?1 WHERE not_before > ?1 + ?2",
            arguments: [now, WebhookBackOff.longest])
        guard let window = try PairingWindowStore.find(in: db), window.openedAt > now + ClockKeeper.tolerance else {
            return nil
        }
        try PairingWindowStore.remove(in: db)
        return window
    }

    /// Right sides see the values from before the statement.
    private static let statements = [
        "UPDATE user_token SET created_at = :now, ends_at = :now + (ends_at - created_at) WHERE created_at > :now",
        "UPDATE tunnel_token SET issued_at = :now, expires_at = :now + (expires_at - issued_at) WHERE issued_at > :now",
        "UPDATE webhook SET failing_since = :now WHERE failing_since > :now",
        "UPDATE guess_address SET touched_at = :now WHERE touched_at > :now",
        "UPDATE alarm SET last_seen = :now, first_seen = min(first_seen, :now) WHERE last_seen > :now",
        "UPDATE alarm SET cleared_at = :now WHERE cleared_at > :now",
        """
        UPDATE device SET first_seen = min(first_seen, :now), last_seen = min(last_seen, :now),
            other_seen = min(other_seen, :now)
        WHERE last_seen > :now OR first_seen > :now OR other_seen > :now
        """,
    ]
}
