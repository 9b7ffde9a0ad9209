internal import GRDB
internal import PKI
internal import Store

/// What a person may do (product.md section 6).
package enum UserRole: String, Sendable, CaseIterable {
    /// Sees everything but secrets.
    case viewer
    /// Runs the site: devices, secrets, services, updates.
    case `operator`
    /// Also users and the certificate authority.
    case admin
}

/// A person who logs in with a password.
package struct User: Sendable, Equatable {
    /// Login name.
    package let name: String
    /// What the person may do.
    package let role: UserRole
    /// When the user was made, Unix seconds.
    package let createdAt: Int64
}

/// SQL of the table `user`.
enum UserStore {
    static func addMigrations(to migrator: inout DatabaseMigrator) {
        migrator.registerMigration("registry-0005-user") { db in
            try db.execute(
                sql: """
                    CREATE TABLE user (
                        name TEXT PRIMARY KEY, role TEXT NOT NULL, password TEXT NOT NULL, created_at INTEGER NOT NULL)
                        STRICT, WITHOUT ROWID
                    """)
        }
    }

    static func all(in db: Database) throws -> [User] {
        try Row.fetchAll(db, sql: "SELECT name, role, created_at FROM user ORDER BY name").compactMap { row in
            UserRole(rawValue: row[1]).map { role in User(name: row[0], role: role, createdAt: row[2]) }
        }
    }

    static func insert(_ user: User, password: String, in db: Database) throws {
        try db.execute(
            sql: "INSERT INTO user VALUES (?, ?, ?, ?)",
            arguments: [user.name, user.role.rawValue, password, user.createdAt])
    }

    static func password(_ name: String, in db: Database) throws -> String? {
        try String.fetchOne(db, sql: "SELECT password FROM user WHERE name = ?", arguments: [name])
    }

    static func setPassword(_ name: String, _ password: String, in db: Database) throws -> Bool {
        try db.execute(sql: "UPDATE user SET password = ? WHERE name = ?", arguments: [password, name])
        return db.changesCount > 0
    }

    static func remove(_ name: String, in db: Database) throws -> Bool {
        try db.execute(sql: "DELETE FROM user WHERE name = ?", arguments: [name])
        return db.changesCount > 0
    }
}

extension Registry {
    /// All users, by name.
    package func users() async throws -> [User] {
        try await store.read { db in try UserStore.all(in: db) }
    }

    /// Makes a user; the password is kept as a scrypt hash.
    package func addUser(_ name: String, role: UserRole, password: String, by requester: Requester) async throws {
        guard (1...64).contains(name.utf8.count), name.allSatisfy({ $0.isLetter || $0.isNumber || "-_.@".contains($0) })
        else { throw RegistryError.invalidUser(reason: "a name is 1 to 64 letters, digits, '-', '_', '.' or '@'") }
        let hash = try Self.hash(password)
        try await store.write { [self] db in
            guard try UserStore.password(name, in: db) == nil else { throw RegistryError.userExists(name) }
            try UserStore.insert(User(name: name, role: role, createdAt: now()), password: hash, in: db)
            try audit("user.add", name, by: requester, detail: ["role": role.rawValue], in: db)
        }
    }

    /// Gives a user a new password.
    package func setPassword(_ name: String, password: String, by requester: Requester) async throws {
        let hash = try Self.hash(password)
        try await store.write { [self] db in
            guard try UserStore.setPassword(name, hash, in: db) else { throw RegistryError.unknownUser(name) }
            try audit("user.passwd", name, by: requester, in: db)
        }
    }

    /// Removes a user.
    package func removeUser(_ name: String, by requester: Requester) async throws {
        try await store.write { [self] db in
            guard try UserStore.remove(name, in: db) else { throw RegistryError.unknownUser(name) }
            try audit("user.remove", name, by: requester, in: db)
        }
    }

    private static func hash(_ password: String) throws -> String {
        guard (10...1024).contains(password.utf8.count) else {
            throw RegistryError.invalidUser(reason: "a password has 10 to 1024 characters")
        }
        return PasswordHash.make(password)
    }
}
