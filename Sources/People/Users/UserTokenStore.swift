internal import Foundation
internal import Store

/// SQL of the table `user_token`: of a token itself only the SHA-256 is kept.
enum UserTokenStore {
    static func addMigrations(to migrator: inout MigrationList) {
        migrator.register("registry-0011-user-token") { db in
            try db.script(
                """
                CREATE TABLE user_token (
                    hash BLOB PRIMARY KEY, id TEXT NOT NULL UNIQUE,
                    user_id TEXT NOT NULL REFERENCES user (id) ON DELETE CASCADE, name TEXT,
                    created_at INTEGER NOT NULL, ends_at INTEGER) STRICT, WITHOUT ROWID;
                CREATE INDEX user_token_user ON user_token (user_id, created_at);
                CREATE UNIQUE INDEX user_token_name ON user_token (user_id, name) WHERE name IS NOT NULL;
                """)
        }
    }

    static func insert(_ token: UserToken, hash: [UInt8], in db: Database) throws {
        try db.run(
            "INSERT INTO user_token (hash, id, user_id, name, created_at, ends_at) VALUES (?, ?, ?, ?, ?, ?)",
            [hash, token.id, token.userID, token.name, token.createdAt, token.endsAt])
    }

    /// Whose token this is, while it counts.
    static func session(hash: [UInt8], now: Int64, in db: Database) throws -> UserSession? {
        try db.first(
            """
            SELECT person.id, person.name, person.role, user_token.id, user_token.ends_at FROM user_token
            JOIN person ON person.id = user_token.user_id
            WHERE user_token.hash = ? AND (user_token.ends_at IS NULL OR user_token.ends_at > ?)
            """, [hash, now]
        ) { row in
            UserRole(rawValue: row[2]).map {
                UserSession(userID: row[0], name: row[1], role: $0, tokenID: row[3], endsAt: row[4])
            }
        }
    }

    static func named(of userID: String, in db: Database) throws -> [UserToken] {
        try db.all(
            """
            SELECT id, user_id, name, created_at, ends_at FROM user_token
            WHERE user_id = ? AND name IS NOT NULL ORDER BY name
            """, [userID]
        ) { UserToken(id: $0[0], userID: $0[1], name: $0[2], createdAt: $0[3], endsAt: $0[4]) }
    }

    /// - Returns: whether the user had that token.
    static func remove(_ id: String, of userID: String, in db: Database) throws -> Bool {
        try db.run("DELETE FROM user_token WHERE id = ? AND user_id = ?", [id, userID]) > 0
    }

    static func removeAll(of userID: String, in db: Database) throws {
        try db.run("DELETE FROM user_token WHERE user_id = ?", [userID])
    }

    /// Drops a user's tokens that have ended, and the oldest logins beyond a number.
    ///
    /// - Returns: the logins' tokens that were valid until now.
    static func prune(_ userID: String, keepingLogins limit: Int, now: Int64, in db: Database) throws -> [String] {
        try db.run("DELETE FROM user_token WHERE user_id = ? AND ends_at <= ?", [userID, now])
        return try db.values(
            """
            DELETE FROM user_token WHERE hash IN (
                SELECT hash FROM user_token WHERE user_id = ? AND name IS NULL
                ORDER BY created_at DESC, id LIMIT \(Int64.max) OFFSET ?) RETURNING id
            """, [userID, limit], as: String.self)
    }

    /// Begins now what was begun later, each with the life it had: the clock was set back.
    static func settle(at now: Int64, in db: Database) throws {
        try db.run(
            """
            UPDATE user_token SET created_at = ?1, ends_at = ?1 + (ends_at - created_at) WHERE created_at > ?1
            """, [.integer(now)])
    }
}
