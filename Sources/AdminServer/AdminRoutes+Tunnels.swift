package import AdminAPI
internal import Devices
internal import Encoding
internal import HubHTTP
internal import Hummingbird
internal import Issuing
internal import Journal
internal import PKI
internal import Reach
internal import Wire

/// What the admin API does with the tunnel server, which is another protocol's.
package struct TunnelOperation: Sendable {
    let isOn: @Sendable () -> Bool
    let look: @Sendable () async throws -> AdminTunnels
    let isConnected: @Sendable (String) async throws -> Bool
    let close: @Sendable (UInt64) async throws -> Bool
    let drain: @Sendable () async throws -> Int
    let proxy: @Sendable () -> (host: String, port: Int)?

    /// Views of the tunnel server, and what ends its connections.
    ///
    /// - Parameters:
    ///   - isOn: whether there is a tunnel server.
    ///   - isConnected: whether the device of an ID keeps a connection to the proxy.
    ///   - close: ends the connection of a number; `false` when there is none.
    ///   - drain: ends all connections in order.
    ///   - proxy: where the TCP listener of the tunnel proxy is; the host is empty when it is where the hub is.
    package init(
        isOn: @escaping @Sendable () -> Bool,
        look: @escaping @Sendable () async throws -> AdminTunnels,
        isConnected: @escaping @Sendable (String) async throws -> Bool,
        close: @escaping @Sendable (UInt64) async throws -> Bool,
        drain: @escaping @Sendable () async throws -> Int,
        proxy: @escaping @Sendable () -> (host: String, port: Int)?
    ) {
        self.isOn = isOn
        self.look = look
        self.isConnected = isConnected
        self.close = close
        self.drain = drain
        self.proxy = proxy
    }
}

extension AdminRoutes {
    func addTunnels(to group: RouterGroup<HubContext>) {
        group.serve(TunnelEndpoints.list) { _ in try await operation.tunnels.look() }
        group.serve(TunnelEndpoints.close) { asked in
            guard let id = asked.parameters.number, try await operation.tunnels.close(id) else {
                throw TunnelOperationError.unknownTunnel(asked.parameters.text)
            }
        }
        group.serve(TunnelEndpoints.drain) { asked in
            let closed = try await operation.tunnels.drain()
            try await reach.auditTunnels([
                TunnelNote("tunnel.drain", "tunnels", by: asked.requester, detail: ["closed": "\(closed)"])
            ])
            return AdminTunnelsClosed(closed: closed)
        }
        group.serve(TunnelEndpoints.open) { asked in try await open(try await asked.body(), by: asked.requester) }
        group.serve(TunnelTokenEndpoints.list) { asked in
            let tokens = try await reach.tunnelTokens(of: asked.query.device, limit: AdminEndpoints.pageLimit)
            return AdminPage(items: tokens.map { AdminTunnelToken($0) }, after: nil)
        }
        group.serve(TunnelTokenEndpoints.issue) { asked in
            try await issueToken(try await asked.body(), by: asked.requester)
        }
        group.serve(TunnelTokenEndpoints.revoke) { asked in
            try await issuer.revokeTunnelToken(asked.parameters, by: asked.requester)
        }
    }

    private func issueToken(
        _ asked: AdminTunnelTokenRequest, by requester: Requester
    ) async throws -> AdminTunnelToken {
        guard operation.tunnels.isOn() else { throw TunnelOperationError.switchedOff }
        let (token, text) = try await reach.issueTunnelToken(
            for: asked.device, user: asked.user ?? requester.name,
            scope: try asked.scope.map(Self.scope) ?? [.rendezvous, .client],
            life: Int64(clamping: min(max(asked.minutes ?? 30, 0), 1_000_000)) * 60, by: requester)
        return AdminTunnelToken(token, text: text)
    }

    /// The certificate is for the way inside the tunnel, which the proxy can't see: its name says which device lets it
    /// in.
    private func open(_ asked: AdminTunnelOpening, by requester: Requester) async throws -> AdminTunnelGrant {
        guard let proxy = operation.tunnels.proxy() else { throw TunnelOperationError.switchedOff }
        let minutes = asked.minutes ?? 480
        guard (1...1440).contains(minutes) else { throw AdminError.badRequest("minutes must be 1 to 1440") }
        let key = try asked.publicKeyPEM.map(Self.publicKey)
        if key != nil, issuer.hasEnded {
            throw IssuingError.authorityEnded(at: issuer.authority.certificate.notAfter)
        }
        _ = try await devices.device(asked.device)
        let server = try await server(of: asked.device, isAgent: key != nil)
        let (token, text) = try await reach.issueTunnelToken(
            for: asked.device, user: requester.name, scope: .client, life: Int64(minutes) * 60,
            renewing: asked.renewedToken, by: requester)
        let authorities = issuer.authorities
        var chain: [Certificate] = []
        do {
            if let key {
                let certificate = try await issuer.issueForTunnel(
                    commonName: String(requester.name.prefix(64)), token: token, publicKey: key, by: requester)
                chain = [certificate] + authorities.chainToShow
            }
        } catch {
            // A token nobody is told of must not count against the device.
            try await issuer.revokeTunnelToken(token.id, by: requester)
            throw error
        }
        return AdminTunnelGrant(
            tokenID: token.id, lifeSeconds: minutes * 60, token: text, serverUuid: server,
            certificatePEM: chain.isEmpty ? nil : chain.map(\.pem).joined(),
            authorityPEM: authorities.all.map(\.certificate.pem).joined(), proxyHost: proxy.host,
            proxyPort: proxy.port)
    }

    private static func publicKey(_ pem: String) throws -> PublicKey {
        guard let key = try? PublicKey(pem: pem) else { throw AdminError.badRequest("publicKeyPEM is no public key") }
        return key
    }

    /// UUID of the device's server that is connected: its agent's, or one that is not the agent's, the oldest first,
    /// and the one under the agent's UUID when there is no other.
    private func server(of device: String, isAgent: Bool) async throws -> String {
        let own = Self.serverUUID(device)
        if isAgent {
            guard try await operation.tunnels.isConnected(device) else {
                throw TunnelOperationError.deviceNotConnected(device)
            }
            return own
        }
        let connected = try await operation.tunnels.look().tunnels
            .filter { $0.role == "server" && DeviceID($0.device) == DeviceID(device) }
            .compactMap { TunnelUUID($0.uuid)?.braced }
        guard let server = connected.first(where: { $0 != own }) ?? connected.first else {
            throw TunnelOperationError.deviceNotConnected(device)
        }
        return server
    }

    private static func scope(_ words: [String]) throws -> TunnelScope {
        var scope: TunnelScope = []
        for word in words {
            guard let known = TunnelScope.words.first(where: { $0.word == word }) else {
                throw TunnelTokenError.invalidToken(reason: "a token is for rendezvous, server or client")
            }
            scope.insert(known.scope)
        }
        return scope
    }

    fileprivate static func serverUUID(_ device: String) -> String {
        TunnelUUID(bytes: NameUUID.tunnel(of: device))?.braced ?? ""
    }
}

extension AdminTunnelToken {
    init(_ token: TunnelToken, text: String? = nil) {
        self.init(
            id: token.id, device: token.deviceID, user: token.user, scope: token.scope.words,
            issuedAt: RFC3339.text(token.issuedAt), expiresAt: RFC3339.text(token.expiresAt), token: text,
            serverUuid: AdminRoutes.serverUUID(token.deviceID))
    }
}
