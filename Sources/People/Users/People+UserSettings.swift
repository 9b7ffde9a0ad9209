internal import Encoding
package import Journal
internal import PKI
internal import Store

/// A JSON object that programs keep for a person, or for all (docs/protocols/mender.md 12.1).
package struct UserSettings: Sendable, Equatable {
    /// The object's text as it was given.
    package let json: String

    /// Name of this content, for conditional requests: hexadecimal, no quotes.
    package var tag: String { Hex.encode(Array(SHA256.hash(Array(json.utf8)).prefix(16))) }
}

/// SQL of the table `user_setting`; the owner is a user's ID, or empty for what belongs to all.
enum UserSettingStore {
    static func addMigrations(to migrator: inout MigrationList) {
        migrator.register("registry-0012-user-setting") { db in
            try db.script(
                "CREATE TABLE user_setting (owner TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID")
        }
    }

    static func find(owner: String, in db: Database) throws -> UserSettings {
        UserSettings(
            json: try db.value("SELECT value FROM user_setting WHERE owner = ?", [owner], as: String.self)
                ?? "{}")
    }

    static func save(_ settings: UserSettings, owner: String, in db: Database) throws {
        try db.run(
            "INSERT INTO user_setting VALUES (?1, ?2) ON CONFLICT (owner) DO UPDATE SET value = ?2",
            [owner, settings.json])
    }

    static func remove(owner: String, in db: Database) throws {
        try db.run("DELETE FROM user_setting WHERE owner = ?", [owner])
    }
}

extension People {
    /// Settings of a user, or of all.
    ///
    /// - Parameter userID: `nil` for those of all.
    package func userSettings(of userID: String?) async throws -> UserSettings {
        try await store.read { db in try UserSettingStore.find(owner: userID ?? "", in: db) }
    }

    /// Replaces settings.
    ///
    /// - Parameters:
    ///   - json: text of a JSON object; the caller has checked it.
    ///   - userID: `nil` for those of all.
    ///   - tag: what the caller has seen; `nil` when that does not matter.
    /// - Returns: `false`, with nothing changed, when the present ones have another tag.
    package func setUserSettings(
        _ json: String, of userID: String?, ifMatch tag: String?, by requester: Requester
    ) async throws -> Bool {
        try await store.write { [self] db in
            let owner = userID ?? ""
            if let tag, try UserSettingStore.find(owner: owner, in: db).tag != tag { return false }
            try UserSettingStore.save(UserSettings(json: json), owner: owner, in: db)
            if userID == nil { try journal.audit("user.settings", "all", by: requester, in: db) }
            return true
        }
    }
}
