package import Journal
internal import PKI
internal import Store

/// What is to change of a user; `nil` leaves it.
package struct UserChange: Sendable, Equatable {
    package var name: String?
    package var role: UserRole?
    package var password: String?

    package init(name: String? = nil, role: UserRole? = nil, password: String? = nil) {
        self.name = name
        self.role = role
        self.password = password
    }
}

extension People {
    /// All users, by name.
    package func users() async throws -> [User] {
        try await store.read { db in try UserStore.all(in: db) }
    }

    /// The user of that UUID.
    package func user(id: String) async throws -> User {
        guard let user = try await store.read({ db in try UserStore.find(id: id, in: db) }) else {
            throw PeopleError.unknownUser(id)
        }
        return user
    }

    /// The user of that login name; the case of an e-mail address does not matter.
    package func user(_ name: String) async throws -> User {
        guard let user = try await store.read({ db in try UserStore.find(login: name, in: db) }) else {
            throw PeopleError.unknownUser(name)
        }
        return user
    }

    /// Makes a user; the password is kept as a scrypt hash. An e-mail address is kept in lower case, as in the
    /// original.
    @discardableResult
    package func addUser(
        _ name: String, role: UserRole, password: String, by requester: Requester
    ) async throws -> User {
        let name = User.canonical(name)
        try Self.check(name: name)
        try Self.check(password: password, of: name)
        let hash = await passwords.run { PasswordHash.make(password) }
        return try await store.write { [self] db in
            guard try UserStore.find(login: name, in: db) == nil else { throw PeopleError.userExists(name) }
            let user = User(id: UniqueID.make(), name: name, role: role, createdAt: now(), updatedAt: now())
            try UserStore.insert(user, password: hash, in: db)
            try journal.audit("user.add", name, by: requester, detail: ["role": role.rawValue], in: db)
            return user
        }
    }

    /// Gives a user a new password; all tokens of that user end.
    package func setPassword(_ name: String, password: String, by requester: Requester) async throws {
        try await changeUser(id: try await user(name).id, UserChange(password: password), by: requester)
    }

    /// Gives a user another role; all tokens of that user end.
    package func setRole(_ name: String, _ role: UserRole, by requester: Requester) async throws {
        try await changeUser(id: try await user(name).id, UserChange(role: role), by: requester)
    }

    /// Changes a user in one transaction. A new role or password ends all tokens at once.
    package func changeUser(id: String, _ change: UserChange, by requester: Requester) async throws {
        let known = try await user(id: id)
        let name = change.name.map(User.canonical)
        if let name { try Self.check(name: name) }
        var hash: String?
        if let password = change.password {
            try Self.check(password: password, of: name ?? known.name)
            hash = await passwords.run { PasswordHash.make(password) }
        }
        let endsTokens = try await store.write { [self, hash] db in
            guard var user = try UserStore.find(id: id, in: db) else { throw PeopleError.unknownUser(id) }
            let endsTokens = hash != nil || change.role.map { $0 != user.role } ?? false
            if let name, name != user.name {
                let other = try UserStore.find(login: name, in: db)
                guard other == nil || other?.id == id else { throw PeopleError.userExists(name) }
                try journal.audit("user.rename", user.name, by: requester, detail: ["to": name], in: db)
                user.name = name
            }
            if let role = change.role, role != user.role {
                user.role = role
                try UserTokenStore.removeAll(of: id, in: db)
                try journal.audit("user.role", user.name, by: requester, detail: ["role": role.rawValue], in: db)
            }
            if let hash {
                try UserStore.setPassword(id, hash, in: db)
                try UserTokenStore.removeAll(of: id, in: db)
                try journal.audit("user.passwd", user.name, by: requester, in: db)
            }
            user.updatedAt = now()
            try UserStore.update(user, in: db)
            return endsTokens
        }
        if endsTokens { journal.endings.announce(.user(id)) }
    }

    /// Removes a user, with tokens and settings.
    package func removeUser(_ name: String, by requester: Requester) async throws {
        try await removeUser(id: try await user(name).id, by: requester)
    }

    /// Removes the user of that UUID, with tokens and settings.
    package func removeUser(id: String, by requester: Requester) async throws {
        try await store.write { [self] db in
            guard let user = try UserStore.find(id: id, in: db) else { throw PeopleError.unknownUser(id) }
            try UserStore.remove(id, in: db)
            try UserSettingStore.remove(owner: id, in: db)
            try journal.audit("user.remove", user.name, by: requester, in: db)
        }
        journal.endings.announce(.user(id))
    }

    private static func check(name: String) throws(PeopleError) {
        guard (1...64).contains(name.utf8.count),
            name.allSatisfy({ $0.isLetter || $0.isNumber || "-_.@+".contains($0) })
        else {
            throw .invalidUser(reason: "a name is 1 to 64 letters, digits, '-', '_', '.', '+' or '@'")
        }
    }

    private static func check(password: String, of name: String) throws(PeopleError) {
        guard (8...1024).contains(password.utf8.count) else {
            throw .invalidUser(reason: "a password has 8 to 1024 characters")
        }
        guard !isSimilar(password, to: name) else {
            throw .invalidUser(reason: "the password is too similar to the name")
        }
    }

    /// Whether little is left of a password without the name or the part before its `@`.
    private static func isSimilar(_ password: String, to name: String) -> Bool {
        let password = password.lowercased()
        let name = name.lowercased()
        if name.contains(password) { return true }
        return [name, String(name.prefix { $0 != "@" })].contains { part in
            guard part.count >= 3 else { return false }
            let rest = password.split(separator: part, omittingEmptySubsequences: false)
            return rest.count > 1 && rest.reduce(0) { $0 + $1.count } < 6
        }
    }
}
