package import Journal
internal import Store

extension People {
    /// Longest life of a named token, in seconds: a year (docs/protocols/mender.md 12.1).
    package static let longestTokenSeconds: Int64 = 31_536_000

    /// Named tokens that one user may have (docs/protocols/mender.md 12.1).
    package static let tokensPerUser = 10

    /// A user's named tokens, by name.
    package func userTokens(of userID: String) async throws -> [UserToken] {
        try await store.read { db in try UserTokenStore.named(of: userID, in: db) }
    }

    /// Makes a token for a user's scripts. The text is not kept, so this is the only time it is seen.
    ///
    /// - Parameters:
    ///   - name: 1 to 255 characters, unique among the user's tokens.
    ///   - seconds: life, 1 second to ``longestTokenSeconds``.
    ///   - claims: as of ``logIn(_:password:noExpiry:by:claims:)``.
    /// - Throws: ``UserTokenError``, ``PeopleError/unknownUser(_:)``.
    package func addUserToken(
        _ name: String, seconds: Int64, ofUser userID: String, by requester: Requester,
        claims: (UserToken) -> [UInt8]
    ) async throws -> String {
        guard (1...255).contains(name.utf8.count), !name.unicodeScalars.contains(where: { $0.value < 0x20 }) else {
            throw UserTokenError.invalid(
                reason: "a token's name has 1 to 255 characters, none of them a control character")
        }
        guard (1...Self.longestTokenSeconds).contains(seconds) else {
            throw UserTokenError.invalid(reason: "a token lasts 1 to \(Self.longestTokenSeconds) seconds")
        }
        let token = try newToken(of: userID, name: name, life: seconds, claims)
        let ended = try await store.write { [self] db in
            guard let user = try UserStore.find(id: userID, in: db) else { throw PeopleError.unknownUser(userID) }
            let ended = try UserTokenStore.prune(userID, keepingLogins: Self.loginsPerUser, now: now(), in: db)
            let present = try UserTokenStore.named(of: userID, in: db)
            guard !present.contains(where: { $0.name == name }) else { throw UserTokenError.nameTaken(name) }
            guard present.count < Self.tokensPerUser else {
                throw UserTokenError.tooMany(limit: Self.tokensPerUser)
            }
            try UserTokenStore.insert(token.record, hash: token.hash, in: db)
            try journal.audit("user.token.add", user.name, by: requester, detail: ["token": name], in: db)
            return ended
        }
        for id in ended { journal.endings.announce(.userToken(id)) }
        return token.text
    }

    /// Ends a named token.
    ///
    /// - Throws: ``UserTokenError/unknown(_:)``.
    package func removeUserToken(_ id: String, ofUser userID: String, by requester: Requester) async throws {
        try await store.write { [self] db in
            guard let token = try UserTokenStore.named(of: userID, in: db).first(where: { $0.id == id }),
                let user = try UserStore.find(id: userID, in: db),
                try UserTokenStore.remove(id, of: userID, in: db)
            else { throw UserTokenError.unknown(id) }
            try journal.audit(
                "user.token.remove", user.name, by: requester, detail: ["token": token.name ?? ""], in: db)
        }
        journal.endings.announce(.userToken(id))
    }
}
