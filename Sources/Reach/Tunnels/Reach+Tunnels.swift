internal import Devices
internal import Encoding
package import Journal
internal import PKI
package import Store
internal import Wire

/// Why a tunnel token was not made. Codes are listed in docs/error-codes.md.
package enum TunnelTokenError: Error, Equatable, Sendable {
    /// Life, scope or user of a token is out of bounds.
    case invalidToken(reason: String)
    /// No token of that number counts.
    case unknownToken(String)
    /// So many tokens of the device count that no further one is made.
    case tooManyTokens(Int)
    /// The device holds no certificate, so nothing may be done with it.
    case deviceNotApproved(String)
}

extension Reach {
    /// Life of a token: a minute to thirty days.
    package static let tunnelTokenLife: ClosedRange<Int64> = 60...30 * 86_400
    /// Tokens for one device that may count at the same time, beside those it fetched itself.
    package static let tunnelTokenLimit = 256
    /// Valid tokens that a device has fetched itself: programs on it need one each. With a further one the oldest ends.
    package static let fetchedTokenLimit = 4
    /// Life of such a token in seconds: a day, so that a device fetches the next one when it starts.
    private static let fetchedTokenLife: Int64 = 86_400
    /// A device that asks again within this many seconds gets the same token.
    private static let fetchPause: Int64 = 60

    /// Makes a token for a device.
    ///
    /// - Parameters:
    ///   - user: whom the audit trail names; 1 to 64 characters.
    ///   - life: seconds.
    ///   - former: number of the token it goes on from, which must be valid: a revoked one is not renewed.
    /// - Returns: the token, and its text, which is kept nowhere.
    /// - Throws: ``TunnelTokenError``, ``DevicesError/unknownDevice(_:)``.
    package func issueTunnelToken(
        for deviceID: String, user: String, scope: TunnelScope, life: Int64, renewing former: String? = nil,
        by requester: Requester
    ) async throws -> (token: TunnelToken, text: String) {
        guard Self.tunnelTokenLife.contains(life) else {
            throw TunnelTokenError.invalidToken(reason: "a token lives 1 minute to 30 days")
        }
        guard !scope.isEmpty else {
            throw TunnelTokenError.invalidToken(reason: "a token is for rendezvous, server or client")
        }
        guard (1...64).contains(user.unicodeScalars.count), PlainText.isPlain(user) else {
            throw TunnelTokenError.invalidToken(reason: "a user has 1 to 64 characters and no control characters")
        }
        let token = newToken(deviceID, user, scope, life)
        try await store.write { [self] db in
            try requireApproved(deviceID, in: db)
            if let former, try TunnelTokenStore.find(former, in: db).map(isCurrent(of: deviceID)) != true {
                throw TunnelTokenError.unknownToken(former)
            }
            guard try TunnelTokenStore.count(device: deviceID, now: token.issuedAt, in: db) < Self.tunnelTokenLimit
            else { throw TunnelTokenError.tooManyTokens(Self.tunnelTokenLimit) }
            try insert(token, isFetched: false, by: requester, in: db)
        }
        return (token, tunnels.text(of: token))
    }

    /// The token a device asks for itself, to register as a server or to meet somebody.
    ///
    /// Those it fetched before count on for their day, the newest few of them. They take nothing from the tokens that
    /// others make.
    ///
    /// - Throws: ``TunnelTokenError/deviceNotApproved(_:)``, ``DevicesError/unknownDevice(_:)``.
    package func fetchTunnelToken(
        for deviceID: String, by requester: Requester
    ) async throws -> (token: TunnelToken, text: String) {
        let next = newToken(deviceID, "device", [.server, .rendezvous], Self.fetchedTokenLife)
        let (token, ended) = try await store.write { [self] db -> (TunnelToken, [TunnelToken]) in
            try requireApproved(deviceID, in: db)
            let known = try TunnelTokenStore.fetched(device: deviceID, now: next.issuedAt, in: db)
            if let newest = known.first, abs(next.issuedAt - newest.issuedAt) < Self.fetchPause { return (newest, []) }
            let ended = Array(known.dropFirst(Self.fetchedTokenLimit - 1))
            for token in ended { try TunnelTokenStore.revoke(token.id, at: now(), in: db) }
            try insert(next, isFetched: true, by: requester, in: db)
            return (next, ended)
        }
        for token in ended { announceEnd(of: token) }
        return (token, tunnels.text(of: token))
    }

    private func newToken(_ deviceID: String, _ user: String, _ scope: TunnelScope, _ life: Int64) -> TunnelToken {
        let issued = now()
        return TunnelToken(
            id: Hex.encode(SecureRandom.bytes(8)), deviceID: deviceID, user: user, scope: scope, issuedAt: issued,
            expiresAt: issued + life)
    }

    private func requireApproved(_ deviceID: String, in db: Database) throws {
        guard let device = try devices.device(deviceID, in: db) else { throw DevicesError.unknownDevice(deviceID) }
        guard device.state == .approved else { throw TunnelTokenError.deviceNotApproved(deviceID) }
    }

    private func isCurrent(of deviceID: String) -> (TunnelToken) -> Bool {
        { [now = now()] token in DeviceID.isSame(token.deviceID, deviceID) && now < token.expiresAt }
    }

    private func insert(
        _ token: TunnelToken, isFetched: Bool, by requester: Requester, in db: Database
    ) throws {
        try TunnelTokenStore.insert(token, isFetched: isFetched, in: db)
        try journal.audit(
            "tunnel.token", token.deviceID, by: requester,
            detail: [
                "token": token.id, "user": token.user, "scope": token.scope.words.joined(separator: ","),
                "seconds": "\(token.expiresAt - token.issuedAt)",
            ], cause: .known, in: db)
    }

    /// Valid tokens, those that end first in front.
    package func tunnelTokens(of device: String?, limit: Int) async throws -> [TunnelToken] {
        try await store.read { [now = now()] db in
            try TunnelTokenStore.current(device: device, now: now, limit: limit, in: db)
        }
    }

    /// Revokes a token in the transaction of what ends with it; afterwards the caller calls ``announceEnd(of:)``.
    ///
    /// - Throws: ``TunnelTokenError/unknownToken(_:)``.
    package func endTunnelToken(_ id: String, by requester: Requester, in db: Database) throws -> TunnelToken {
        guard let token = try TunnelTokenStore.find(id, in: db) else { throw TunnelTokenError.unknownToken(id) }
        try TunnelTokenStore.revoke(id, at: now(), in: db)
        try journal.audit("tunnel.revoke", token.deviceID, by: requester, detail: ["token": id], in: db)
        return token
    }

    /// Refuses a token from now on and ends its tunnels; the store holds already that it is revoked.
    package func announceEnd(of token: TunnelToken) {
        tunnels.deny(token: token.id, until: token.expiresAt)
        journal.endings.announce(.tunnelToken(token.id))
    }

    /// Numbers of tokens that lead to a device and whose time is not over, also of those that were revoked.
    package func clientTunnelTokens(of deviceID: String, in db: Database) throws -> [String] {
        try TunnelTokenStore.clients(device: deviceID, now: now(), in: db)
    }

    /// Reads what was revoked; called once, before any listener opens.
    package func loadTunnelTokens() async throws {
        // Whatever the clock says: it may be ahead, and be set back while the hub runs.
        let revoked = try await store.read { db in try TunnelTokenStore.revoked(in: db) }
        tunnels.load(revoked)
    }

    /// Forgets tokens whose time is over.
    package func removeEndedTunnelTokens() async throws {
        let slowTime = journal.slowTime
        try await store.write { db in try TunnelTokenStore.removeEnded(now: slowTime, in: db) }
        tunnels.forgetEnded(at: slowTime)
    }

    /// Writes down what happened to tunnels, all of it in one transaction.
    package func auditTunnels(_ notes: [TunnelNote]) async throws {
        try await store.write { [self] db in
            for note in notes {
                try journal.audit(
                    note.action, note.subject, by: note.requester, detail: note.detail, cause: note.cause,
                    amounts: note.amounts, in: db)
            }
        }
    }
}
