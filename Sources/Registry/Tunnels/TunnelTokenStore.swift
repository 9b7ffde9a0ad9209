internal import GRDB

/// SQL of the table `tunnel_token`: every token that was handed out, without what makes it one.
enum TunnelTokenStore {
    static func addMigrations(to migrator: inout DatabaseMigrator) {
        migrator.registerMigration("registry-0009-tunnel-token") { db in
            try db.execute(
                sql: """
                    CREATE TABLE tunnel_token (
                        id TEXT PRIMARY KEY, device_id TEXT NOT NULL REFERENCES device (id) ON DELETE CASCADE,
                        user TEXT NOT NULL, scope INTEGER NOT NULL, issued_at INTEGER NOT NULL,
                        expires_at INTEGER NOT NULL, revoked_at INTEGER) STRICT, WITHOUT ROWID;
                    CREATE INDEX tunnel_token_device ON tunnel_token (device_id);
                    """)
        }
    }

    private static let columns = "id, device_id, user, scope, issued_at, expires_at"

    static func insert(_ token: TunnelToken, in db: Database) throws {
        try db.cachedStatement(sql: "INSERT INTO tunnel_token VALUES (?, ?, ?, ?, ?, ?, NULL)").execute(
            arguments: [
                token.id, token.deviceID, token.user, Int64(token.scope.rawValue), token.issuedAt, token.expiresAt,
            ])
    }

    /// Those that count, those that end first in front.
    static func current(device: String?, now: Int64, limit: Int, in db: Database) throws -> [TunnelToken] {
        try Row.fetchAll(
            db,
            sql: """
                SELECT \(columns) FROM tunnel_token WHERE revoked_at IS NULL AND expires_at > ?1
                    AND (?2 IS NULL OR device_id = ?2) ORDER BY expires_at, id LIMIT ?3
                """, arguments: [now, device, limit]
        ).map(token)
    }

    static func count(device: String, now: Int64, in db: Database) throws -> Int {
        try Int.fetchOne(
            db,
            sql: """
                SELECT count(*) FROM tunnel_token WHERE device_id = ? AND revoked_at IS NULL AND expires_at > ?
                """, arguments: [device, now]) ?? 0
    }

    static func find(_ id: String, in db: Database) throws -> TunnelToken? {
        try Row.fetchOne(
            db, sql: "SELECT \(columns) FROM tunnel_token WHERE id = ? AND revoked_at IS NULL", arguments: [id]
        ).map(token)
    }

    static func revoke(_ id: String, at now: Int64, in db: Database) throws {
        try db.execute(sql: "UPDATE tunnel_token SET revoked_at = ? WHERE id = ?", arguments: [now, id])
    }

    static func revoke(device: String, at now: Int64, in db: Database) throws {
        try db.execute(
            sql: "UPDATE tunnel_token SET revoked_at = ? WHERE device_id = ? AND revoked_at IS NULL",
            arguments: [now, device])
    }

    /// Those that were taken back and whose time is not over.
    static func revoked(now: Int64, in db: Database) throws -> [(id: String, end: Int64)] {
        try Row.fetchAll(
            db, sql: "SELECT id, expires_at FROM tunnel_token WHERE revoked_at IS NOT NULL AND expires_at > ?",
            arguments: [now]
        ).map { ($0[0], $0[1]) }
    }

    static func removeEnded(now: Int64, in db: Database) throws {
        try db.execute(sql: "DELETE FROM tunnel_token WHERE expires_at <= ?", arguments: [now])
    }

    private static func token(_ row: Row) -> TunnelToken {
        let scope: Int64 = row[3]
        return TunnelToken(
            id: row[0], deviceID: row[1], user: row[2], scope: TunnelScope(rawValue: UInt8(truncatingIfNeeded: scope)),
            issuedAt: row[4], expiresAt: row[5])
    }
}
