internal import Journal
internal import Store

/// SQL of the table `user`.
enum UserStore {
    static func addMigrations(to migrator: inout MigrationList) {
        migrator.register("registry-0005-user") { db in
            try db.script(
                """
                CREATE TABLE user (
                    name TEXT PRIMARY KEY, role TEXT NOT NULL, password TEXT NOT NULL, created_at INTEGER NOT NULL)
                    STRICT, WITHOUT ROWID
                """)
        }
    }

    /// People get an ID that outlives their name, since tokens and URLs name them by it.
    static func addIdentityMigration(to migrator: inout MigrationList) {
        migrator.register("registry-0010-user-id") { db in
            try db.script(
                """
                ALTER TABLE user ADD COLUMN id TEXT;
                ALTER TABLE user ADD COLUMN updated_at INTEGER;
                ALTER TABLE user ADD COLUMN logged_in_at INTEGER;
                """)
            for name in try db.values("SELECT name FROM user", as: String.self) {
                try db.run("UPDATE user SET id = ?, updated_at = created_at WHERE name = ?", [UniqueID.make(), name])
            }
            try db.script("CREATE UNIQUE INDEX user_id ON user (id)")
        }
    }
    /// `user` is a reserved word elsewhere.
    static func addPersonMigration(to migrator: inout MigrationList) {
        migrator.register("registry-0023-person") { db in try db.script("ALTER TABLE user RENAME TO person") }
    }

    private static let columns = "id, name, role, created_at, updated_at, logged_in_at"

    static func all(in db: Database) throws -> [User] {
        try db.all("SELECT \(columns) FROM person ORDER BY name", read: user)
    }

    static func hasAny(in db: Database) throws -> Bool {
        try db.value("SELECT EXISTS (SELECT 1 FROM person)", as: Bool.self) ?? true
    }

    static func find(id: String, in db: Database) throws -> User? {
        try db.first("SELECT \(columns) FROM person WHERE id = ?", [id], read: user)
    }

    static func find(name: String, in db: Database) throws -> User? {
        try db.first("SELECT \(columns) FROM person WHERE name = ?", [name], read: user)
    }

    /// The user who logs in with a name. E-mail addresses are told apart without regard to case; where names of old
    /// differ by case alone, each is its own, and nobody is meant by a third spelling.
    static func find(login name: String, in db: Database) throws -> User? {
        if let user = try find(name: name, in: db) { return user }
        guard User.isAddress(name) else { return nil }
        if let user = try find(name: name.lowercased(), in: db) { return user }
        let similar = try db.all(
            "SELECT \(columns) FROM person WHERE lower(name) = lower(?) LIMIT 2", [name], read: user)
        return similar.count == 1 ? similar.first : nil
    }

    static func insert(_ user: User, password: String, in db: Database) throws {
        try db.run(
            """
            INSERT INTO person (id, name, role, created_at, updated_at, password) VALUES (?, ?, ?, ?, ?, ?)
            """, [user.id, user.name, user.role.rawValue, user.createdAt, user.updatedAt, password])
    }

    /// Writes name, role and times of a user who exists.
    static func update(_ user: User, in db: Database) throws {
        try db.run(
            "UPDATE person SET name = ?, role = ?, updated_at = ?, logged_in_at = ? WHERE id = ?",
            [user.name, user.role.rawValue, user.updatedAt, user.loggedInAt, user.id])
    }

    /// The hash of the password.
    static func password(_ id: String, in db: Database) throws -> String? {
        try db.value("SELECT password FROM person WHERE id = ?", [id], as: String.self)
    }

    static func setPassword(_ id: String, _ password: String, in db: Database) throws {
        try db.run("UPDATE person SET password = ? WHERE id = ?", [password, id])
    }

    static func remove(_ id: String, in db: Database) throws {
        try db.run("DELETE FROM person WHERE id = ?", [id])
    }

    private static func user(_ row: borrowing SQLColumns) -> User? {
        guard let role = UserRole(rawValue: row[2]) else { return nil }
        return User(
            id: row[0], name: row[1], role: role, createdAt: row[3], updatedAt: row[4], loggedInAt: row[5])
    }
}
