package import Journal
internal import PKI
internal import Store

extension People {
    /// Life of the token of a login, in seconds: a week (docs/protocols/mender.md 12.1).
    package static let loginSeconds: Int64 = 604_800

    /// Tokens of logins that one user may have; the oldest end first.
    static let loginsPerUser = 100

    /// Checks a password and gives a token for it.
    ///
    /// A wrong name costs the same time as a wrong password, and is counted and locked the same.
    /// - Parameters:
    ///   - noExpiry: whether the token lasts until it is revoked, instead of a week.
    ///   - requester: only its address counts.
    ///   - claims: what the token says of itself, a JSON object in the words of the protocol it is for. No two tokens
    ///     may say the same.
    /// - Throws: ``LoginError``.
    package func logIn(
        _ name: String, password: String, noExpiry: Bool = false, by requester: Requester,
        claims: (UserToken) -> [UInt8]
    ) async throws -> String {
        guard let user = try await proven(name, password, address: requester.address) else { throw LoginError.wrong }
        let token = try newToken(of: user.user.id, name: nil, life: noExpiry ? nil : Self.loginSeconds, claims)
        let person = Requester(name: "user \(user.user.name)", address: requester.address)
        let ended = try await store.write { [self] db in
            // Removed, or given another password, while this one was checked.
            guard var known = try UserStore.find(id: user.user.id, in: db),
                try UserStore.password(known.id, in: db) == user.hash
            else { throw LoginError.wrong }
            known.loggedInAt = now()
            try UserStore.update(known, in: db)
            try UserTokenStore.insert(token.record, hash: token.hash, in: db)
            let ended = try UserTokenStore.prune(known.id, keepingLogins: Self.loginsPerUser, now: now(), in: db)
            try journal.audit("user.login", known.name, by: person, cause: .known, in: db)
            return ended
        }
        for id in ended { journal.endings.announce(.userToken(id)) }
        return token.text
    }

    /// Whether this is the user's password, under the same locks as a login.
    ///
    /// - Throws: ``LoginError/locked(seconds:)``, ``LoginError/busy``.
    package func isPassword(_ password: String, ofUser id: String, by requester: Requester) async throws -> Bool {
        try await proven(try await user(id: id).name, password, address: requester.address) != nil
    }

    /// Whose token this is, while it counts; costs one look-up.
    package func session(userToken: String) async throws -> UserSession? {
        guard userToken.utf8.count <= 4096 else { return nil }
        let hash = SHA256.hash(Array(userToken.utf8))
        return try await store.lookUp { [self] db in try UserTokenStore.session(hash: hash, now: now(), in: db) }
    }

    /// Ends the token of a session.
    package func logOut(_ session: UserSession, by requester: Requester) async throws {
        guard let userID = session.userID, let tokenID = session.tokenID else { return }
        let isEnded = try await store.write { [self] db in
            guard try UserTokenStore.remove(tokenID, of: userID, in: db) else { return false }
            try journal.audit("user.logout", session.name, by: requester, cause: .known, in: db)
            return true
        }
        if isEnded { journal.endings.announce(.userToken(tokenID)) }
    }

    private struct ProvenUser: Sendable {
        let user: User
        let hash: String
    }

    private func proven(_ name: String, _ password: String, address: String) async throws -> ProvenUser? {
        let known = try await store.lookUp { db -> ProvenUser? in
            // SQLite's text ends at a zero byte, so one name could be found under many, each with a lock of its own.
            guard let user = try UserStore.find(login: name, in: db),
                user.name == name || User.isAddress(name) && user.name.lowercased() == name.lowercased(),
                let hash = try UserStore.password(user.id, in: db)
            else { return nil }
            return ProvenUser(user: user, hash: hash)
        }
        guard !passwords.isBusy else { throw LoginError.busy }
        // One lock for all spellings: else each would be worth guesses of its own.
        let counted = known?.user.name ?? User.canonical(name)
        let locks = try logins.begin(
            name: counted, isKnown: known != nil, address: address, limits: locks, now: steady())
        let hash = known?.hash ?? PasswordHash.decoy
        let isRight = await passwords.run { PasswordHash.verify(password, hash) }
        if isRight, let known {
            logins.succeeded(name: counted, address: address)
            return known
        }
        try await noteFailure(of: known?.user, locks: locks, address: address)
        return nil
    }

    /// Names that nobody has are counted, not written down: they are often passwords typed into the wrong field. Either
    /// way one durable write is made, so that the time does not tell which names exist.
    private func noteFailure(of user: User?, locks: Bool, address: String) async throws {
        let stranger = Requester(name: "anonymous", address: address)
        try await store.write { [self] db in
            if let user {
                try journal.audit(
                    "user.loginFailed", user.name, by: stranger, detail: ["locked": locks ? "yes" : "no"],
                    cause: .stranger, in: db)
            } else {
                let name = "loginsOfNobody"
                let count = try Settings.value(name, in: db).flatMap { Int64(String(decoding: $0, as: UTF8.self)) }
                try Settings.set(name, to: Array("\((count ?? 0) &+ 1)".utf8), in: db)
            }
        }
    }

    /// A signed token with its record, not yet stored.
    func newToken(
        of userID: String, name: String?, life: Int64?, _ claims: (UserToken) -> [UInt8]
    ) throws -> (text: String, record: UserToken, hash: [UInt8]) {
        let record = UserToken(
            id: UniqueID.make(), userID: userID, name: name, createdAt: now(), endsAt: life.map { now() + $0 })
        let text = try tokens.sign(claims: claims(record))
        return (text, record, SHA256.hash(Array(text.utf8)))
    }
}
