internal import Store

/// SQL of the table `tunnel_token`: every token that was handed out, without what makes it one.
enum TunnelTokenStore {
    static func addMigrations(to migrator: inout MigrationList) {
        migrator.register("registry-0009-tunnel-token") { db in
            try db.script(
                """
                CREATE TABLE tunnel_token (
                    id TEXT PRIMARY KEY, device_id TEXT NOT NULL REFERENCES device (id) ON DELETE CASCADE,
                    user TEXT NOT NULL, scope INTEGER NOT NULL, issued_at INTEGER NOT NULL,
                    expires_at INTEGER NOT NULL, revoked_at INTEGER) STRICT, WITHOUT ROWID;
                CREATE INDEX tunnel_token_device ON tunnel_token (device_id);
                """)
        }
        migrator.register("registry-0016-tunnel-token-fetched") { db in
            try db.script(
                """
                ALTER TABLE tunnel_token ADD COLUMN is_fetched INTEGER NOT NULL DEFAULT 0;
                UPDATE tunnel_token SET is_fetched = 1 WHERE user = 'device';
                """)
        }
        // `user` is a reserved word elsewhere.
        migrator.register("registry-0024-tunnel-token-holder") { db in
            try db.script("ALTER TABLE tunnel_token RENAME COLUMN user TO holder")
        }
    }

    private static let columns = "id, device_id, holder, scope, issued_at, expires_at"

    /// - Parameter isFetched: the device asked for it itself.
    static func insert(_ token: TunnelToken, isFetched: Bool, in db: Database) throws {
        try db.run(
            "INSERT INTO tunnel_token (\(columns), is_fetched) VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                token.id, token.deviceID, token.user, Int64(token.scope.rawValue), token.issuedAt, token.expiresAt,
                isFetched,
            ])
    }

    /// Valid ones, those that end first in front.
    static func current(device: String?, now: Int64, limit: Int, in db: Database) throws -> [TunnelToken] {
        try db.all(
            """
            SELECT \(columns) FROM tunnel_token WHERE revoked_at IS NULL AND expires_at > ?1
                AND (?2 IS NULL OR device_id = ?2) ORDER BY expires_at, id LIMIT ?3
            """, [now, device, limit], read: token)
    }

    /// How many that others made for the device count.
    static func count(device: String, now: Int64, in db: Database) throws -> Int {
        try db.value(
            """
            SELECT count(*) FROM tunnel_token
            WHERE device_id = ? AND revoked_at IS NULL AND expires_at > ? AND is_fetched = 0
            """, [device, now], as: Int.self) ?? 0
    }

    /// Valid ones that the device fetched itself, newest first.
    static func fetched(device: String, now: Int64, in db: Database) throws -> [TunnelToken] {
        try db.all(
            """
            SELECT \(columns) FROM tunnel_token
            WHERE device_id = ? AND revoked_at IS NULL AND expires_at > ? AND is_fetched = 1
            ORDER BY issued_at DESC, id
            """, [device, now], read: token)
    }

    /// Numbers of those that lead to the device and have not ended, also when they were revoked.
    static func clients(device: String, now: Int64, in db: Database) throws -> [String] {
        try db.values(
            "SELECT id FROM tunnel_token WHERE device_id = ? AND expires_at > ? AND scope & ? != 0",
            [device, now, Int64(TunnelScope.client.rawValue)], as: String.self)
    }

    static func find(_ id: String, in db: Database) throws -> TunnelToken? {
        try db.first("SELECT \(columns) FROM tunnel_token WHERE id = ? AND revoked_at IS NULL", [id], read: token)
    }

    static func revoke(_ id: String, at now: Int64, in db: Database) throws {
        try db.run("UPDATE tunnel_token SET revoked_at = ? WHERE id = ?", [now, id])
    }

    static func revoke(device: String, at now: Int64, in db: Database) throws {
        try db.run("UPDATE tunnel_token SET revoked_at = ? WHERE device_id = ? AND revoked_at IS NULL", [now, device])
    }

    /// Those that were revoked and are not forgotten.
    static func revoked(in db: Database) throws -> [(id: String, end: Int64)] {
        try db.all("SELECT id, expires_at FROM tunnel_token WHERE revoked_at IS NOT NULL") { ($0[0], $0[1]) }
    }

    static func removeEnded(now: Int64, in db: Database) throws {
        try db.run("DELETE FROM tunnel_token WHERE expires_at <= ?", [now])
    }

    private static func token(_ row: borrowing SQLColumns) -> TunnelToken {
        let scope: Int64 = row[3]
        return TunnelToken(
            id: row[0], deviceID: row[1], user: row[2], scope: TunnelScope(rawValue: UInt8(truncatingIfNeeded: scope)),
            issuedAt: row[4], expiresAt: row[5])
    }

    /// Begins now what was begun later, each with the life it had: the clock was set back.
    static func settle(at now: Int64, in db: Database) throws {
        try db.run(
            """
            UPDATE tunnel_token SET issued_at = ?1, expires_at = ?1 + (expires_at - issued_at)
            WHERE issued_at > ?1
            """, [.integer(now)])
    }
}
