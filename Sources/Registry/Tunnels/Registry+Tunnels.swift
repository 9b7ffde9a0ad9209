internal import PKI
internal import Store

/// Why a tunnel token was not made, or what is wrong with a tunnel. Codes are listed in docs/error-codes.md.
package enum TunnelError: Error, Equatable, Sendable {
    /// Life, scope or user of a token is out of bounds.
    case invalidToken(reason: String)
    /// No token of that number counts.
    case unknownToken(String)
    /// So many tokens of the device count that no further one is made.
    case tooManyTokens(Int)
    /// The device holds no certificate, so nothing may be done with it.
    case deviceNotApproved(String)
    /// No tunnel of that number.
    case unknownTunnel(String)
    /// The hub has no tunnel listeners.
    case switchedOff
    /// The device keeps no connection to the tunnel proxy.
    case deviceNotConnected(String)
}

extension Registry {
    /// Life of a token: a minute to thirty days.
    package static let tunnelTokenLife: ClosedRange<Int64> = 60...30 * 86_400
    /// Tokens of one device that may count at the same time.
    package static let tunnelTokenLimit = 256

    /// Makes a token for a device.
    ///
    /// - Parameters:
    ///   - user: whom the audit trail names; 1 to 64 characters.
    ///   - life: seconds.
    /// - Returns: the token, and its text, which is kept nowhere.
    package func issueTunnelToken(
        for deviceID: String, user: String, scope: TunnelScope, life: Int64, by requester: Requester
    ) async throws -> (token: TunnelToken, text: String) {
        guard Self.tunnelTokenLife.contains(life) else {
            throw TunnelError.invalidToken(reason: "a token lives 1 minute to 30 days")
        }
        guard !scope.isEmpty else {
            throw TunnelError.invalidToken(reason: "a token is for rendezvous, server or client")
        }
        guard (1...64).contains(user.count), !user.unicodeScalars.contains(where: { $0.value < 32 || $0.value == 127 })
        else { throw TunnelError.invalidToken(reason: "a user has 1 to 64 characters and no control characters") }
        let issued = now()
        let token = TunnelToken(
            id: Hex.encode(SecureRandom.bytes(8)), deviceID: deviceID, user: user, scope: scope, issuedAt: issued,
            expiresAt: issued + life)
        try await store.write { [self] db in
            guard let device = try DeviceStore.find(deviceID, in: db) else {
                throw RegistryError.unknownDevice(deviceID)
            }
            guard device.state == .approved else { throw TunnelError.deviceNotApproved(deviceID) }
            guard try TunnelTokenStore.count(device: deviceID, now: issued, in: db) < Self.tunnelTokenLimit else {
                throw TunnelError.tooManyTokens(Self.tunnelTokenLimit)
            }
            try TunnelTokenStore.insert(token, in: db)
            try audit(
                "tunnel.token", deviceID, by: requester,
                detail: [
                    "token": token.id, "user": user, "scope": scope.words.joined(separator: " "), "seconds": "\(life)",
                ], in: db)
        }
        return (token, tunnels.text(of: token))
    }

    /// Tokens that count, those that end first in front.
    package func tunnelTokens(of device: String?, limit: Int) async throws -> [TunnelToken] {
        try await store.read { [now = now()] db in
            try TunnelTokenStore.current(device: device, now: now, limit: limit, in: db)
        }
    }

    /// Takes a token back: it is refused, and its tunnels end, from now on.
    package func revokeTunnelToken(_ id: String, by requester: Requester) async throws {
        let token = try await store.write { [self] db -> TunnelToken in
            guard let token = try TunnelTokenStore.find(id, in: db) else { throw TunnelError.unknownToken(id) }
            try TunnelTokenStore.revoke(id, at: now(), in: db)
            try audit("tunnel.revoke", token.deviceID, by: requester, detail: ["token": id], in: db)
            return token
        }
        tunnels.deny(token: id, until: token.expiresAt)
    }

    /// Reads what was taken back; called once, before any listener opens.
    package func loadTunnelTokens() async throws {
        let revoked = try await store.read { [now = now()] db in try TunnelTokenStore.revoked(now: now, in: db) }
        tunnels.load(revoked)
    }

    /// Forgets tokens whose time is over.
    package func removeEndedTunnelTokens() async throws {
        try await store.write { [now = now()] db in try TunnelTokenStore.removeEnded(now: now, in: db) }
    }

    /// Writes down what happened to tunnels, all of it in one transaction.
    package func auditTunnels(_ notes: [TunnelNote]) async throws {
        try await store.write { [self] db in
            for note in notes {
                try audit(note.action, note.subject, by: note.requester, detail: note.detail, in: db)
            }
        }
    }
}

/// One line about a tunnel for the audit trail.
package struct TunnelNote: Sendable {
    /// What was done: `tunnel.open`.
    package let action: String
    /// The device.
    package let subject: String
    /// Who did it, and where from.
    package let requester: Requester
    /// The rest, by name.
    package let detail: KeyValuePairs<String, String>

    /// What was done, to which device, by whom.
    package init(
        _ action: String, _ subject: String, by requester: Requester, detail: KeyValuePairs<String, String>
    ) {
        self.action = action
        self.subject = subject
        self.requester = requester
        self.detail = detail
    }

    /// What lines of one moment are sorted by.
    package var order: String { "\(action) \(subject) \(requester.name) \(requester.address)" }
}
