internal import AdminAPI
internal import Administration
internal import Devices
internal import Encoding
internal import HubHTTP
internal import Hummingbird
internal import Issuing
internal import Journal
internal import PKI
internal import Reach
internal import Wire

extension AdminRoutes {
    func addTunnels(to group: RouterGroup<HubContext>) {
        group.serve(TunnelEndpoints.list) { _ in try await hub.tunnels.tunnels() }
        group.serve(TunnelEndpoints.close) { request in
            guard let id = request.parameters.number, try await hub.tunnels.close(id) else {
                throw AdministrationError.unknownTunnel(request.parameters.text)
            }
        }
        group.serve(TunnelEndpoints.drain) { request in
            AdminTunnelsClosed(closed: try await rights.drain(by: request.requester))
        }
        group.serve(TunnelEndpoints.open) { request in
            let wish = try await request.body()
            return AdminTunnelGrant(
                try await rights.open(
                    .init(
                        device: wish.device, publicKeyPEM: wish.publicKeyPEM, minutes: wish.minutes ?? 480,
                        renewedToken: wish.renewedToken), by: request.requester))
        }
        group.serve(TunnelTokenEndpoints.list) { request in
            let tokens = try await reach.tunnelTokens(
                of: request.query.device, limit: AdminEndpoints.pageLimit)
            return AdminPage(items: tokens.map { AdminTunnelToken($0) }, after: nil)
        }
        group.serve(TunnelTokenEndpoints.issue) { request in
            let wish = try await request.body()
            let (token, text) = try await rights.issueToken(
                for: wish.device, user: wish.user, scope: try wish.scope.map(Self.scope) ?? [.rendezvous, .client],
                minutes: wish.minutes ?? 30, by: request.requester)
            return AdminTunnelToken(token, text: text)
        }
        group.serve(TunnelTokenEndpoints.revoke) { request in
            try await issuer.revokeTunnelToken(request.parameters, by: request.requester)
        }
    }

    private var rights: TunnelAdministration {
        TunnelAdministration(issuer: issuer, devices: devices, reach: reach, tunnels: hub.tunnels)
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
}

extension AdminTunnelToken {
    init(_ token: TunnelToken, text: String? = nil) {
        self.init(
            id: token.id, device: token.deviceID, user: token.user, scope: token.scope.words,
            issuedAt: RFC3339.text(token.issuedAt), expiresAt: RFC3339.text(token.expiresAt), token: text,
            serverUuid: TunnelAdministration.serverUUID(of: token.deviceID))
    }
}

extension AdminTunnelGrant {
    init(_ grant: TunnelAdministration.Grant) {
        self.init(
            tokenID: grant.token.id, lifeSeconds: grant.lifeSeconds, token: grant.text, serverUuid: grant.server,
            certificatePEM: grant.chain.isEmpty ? nil : grant.chain.map(\.pem).joined(),
            authorityPEM: grant.authorities.map(\.pem).joined(), proxyHost: grant.proxy.host,
            proxyPort: grant.proxy.port)
    }
}
