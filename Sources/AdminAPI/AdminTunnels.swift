/// Asks for a tunnel token.
package struct AdminTunnelTokenRequest: Codable, Sendable {
    /// The device it is about.
    package var device: String
    /// Life in minutes, 1 to 43,200; absent: 30.
    package var minutes: Int?
    /// `rendezvous`, `server`, `client`; absent: all but `server`.
    package var scope: [String]?
    /// Whom it is for; absent: who asks.
    package var user: String?

    package init(device: String, minutes: Int? = nil, scope: [String]? = nil, user: String? = nil) {
        self.device = device
        self.minutes = minutes
        self.scope = scope
        self.user = user
    }
}

package struct AdminTunnelToken: Codable, Sendable {
    /// Its number: names it without giving it away.
    package var id: String
    /// The device it is about.
    package var device: String
    package var user: String
    /// `rendezvous`, `server`, `client`.
    package var scope: [String]
    /// When it was made.
    package var issuedAt: String
    /// When it ends, and its tunnels with it.
    package var expiresAt: String
    /// The token itself, once: when it was made.
    package var token: String?
    /// UUID of the device's own server at the tunnel proxy.
    package var serverUuid: String

    package init(
        id: String, device: String, user: String, scope: [String], issuedAt: String, expiresAt: String,
        token: String? = nil, serverUuid: String
    ) {
        self.id = id
        self.device = device
        self.user = user
        self.scope = scope
        self.issuedAt = issuedAt
        self.expiresAt = expiresAt
        self.token = token
        self.serverUuid = serverUuid
    }
}

/// One connection to the tunnel server.
package struct AdminTunnel: Codable, Sendable, Equatable {
    /// Its number, to close it by.
    package var id: UInt64
    /// `connecting`, `waiting`, `joined`, `server`, `client`.
    package var role: String
    /// `rendezvous` or `proxy`.
    package var service: String
    /// `TCP`, `WebSocket`, `unix`.
    package var transport: String
    /// Where it comes from.
    package var address: String
    /// Name it gave itself.
    package var name: String
    /// UUID it gave itself.
    package var uuid: String
    /// Whom its token or certificate names.
    package var user: String
    /// The device it is about.
    package var device: String?
    /// Number of the token it came with.
    package var tokenID: String?
    /// Number of the connection it is joined with; a client's is its server.
    package var partner: UInt64?
    package var connectedAt: String
    /// When it was joined, or registered as a server.
    package var joinedAt: String?
    /// Bytes it sent through the tunnel.
    package var bytesIn: Int
    /// Bytes it was sent through the tunnel.
    package var bytesOut: Int

    package init(
        id: UInt64, role: String, service: String, transport: String, address: String, name: String, uuid: String,
        user: String, device: String?, tokenID: String?, partner: UInt64?, connectedAt: String, joinedAt: String?,
        bytesIn: Int, bytesOut: Int
    ) {
        self.id = id
        self.role = role
        self.service = service
        self.transport = transport
        self.address = address
        self.name = name
        self.uuid = uuid
        self.user = user
        self.device = device
        self.tokenID = tokenID
        self.partner = partner
        self.connectedAt = connectedAt
        self.joinedAt = joinedAt
        self.bytesIn = bytesIn
        self.bytesOut = bytesOut
    }
}

/// Sums of a tunnel server, and every connection to it.
package struct AdminTunnels: Codable, Sendable {
    /// Connections, oldest first.
    package var tunnels: [AdminTunnel]
    /// Connections since the start.
    package var totalConnections: Int
    /// Tunnels made since the start.
    package var totalTunnels: Int
    /// Bytes relayed since the start.
    package var totalBytes: Int
    /// Bytes relayed in the last second.
    package var bytesPerSecond: Int
    /// Requests for admission that were refused since the start.
    package var refused: Int
    /// Whether new connections are refused because the server drains.
    package var isDraining: Bool

    package init(
        tunnels: [AdminTunnel], totalConnections: Int, totalTunnels: Int, totalBytes: Int, bytesPerSecond: Int,
        refused: Int, isDraining: Bool
    ) {
        self.tunnels = tunnels
        self.totalConnections = totalConnections
        self.totalTunnels = totalTunnels
        self.totalBytes = totalBytes
        self.bytesPerSecond = bytesPerSecond
        self.refused = refused
        self.isDraining = isDraining
    }
}

/// Asks for everything that reaching a device needs.
package struct AdminTunnelOpening: Codable, Sendable {
    package var device: String
    /// Public key of the person's end, PEM: gets a certificate for the way inside the tunnel. Absent: there is none,
    /// and the server is not the device's agent.
    package var publicKeyPEM: String?
    /// How long it may last, in minutes, 1 to 1,440; absent: 480.
    package var minutes: Int?
    /// ID of the token it renews; rejected when that token is no longer valid.
    package var renewedToken: String?

    package init(
        device: String, publicKeyPEM: String? = nil, minutes: Int? = nil, renewedToken: String? = nil
    ) {
        self.device = device
        self.publicKeyPEM = publicKeyPEM
        self.minutes = minutes
        self.renewedToken = renewedToken
    }
}

/// Everything that reaching a device needs.
package struct AdminTunnelGrant: Codable, Sendable {
    /// Number of the token, to revoke it by.
    package var tokenID: String
    /// How long token and certificate count.
    package var lifeSeconds: Int
    /// Token for the tunnel proxy.
    package var token: String
    /// UUID of the device's server there.
    package var serverUuid: String
    /// Certificate of the person's end with its chain, PEM: the device lets nobody else in. Absent without a key.
    package var certificatePEM: String?
    /// Authorities of the site, PEM.
    package var authorityPEM: String
    /// Where the proxy is; `host` is empty when it is where the hub is.
    package var proxyHost: String
    /// TCP port of the proxy.
    package var proxyPort: Int

    package init(
        tokenID: String, lifeSeconds: Int, token: String, serverUuid: String, certificatePEM: String?,
        authorityPEM: String, proxyHost: String, proxyPort: Int
    ) {
        self.tokenID = tokenID
        self.lifeSeconds = lifeSeconds
        self.token = token
        self.serverUuid = serverUuid
        self.certificatePEM = certificatePEM
        self.authorityPEM = authorityPEM
        self.proxyHost = proxyHost
        self.proxyPort = proxyPort
    }
}

/// How many connections a command ended.
package struct AdminTunnelsClosed: Codable, Sendable {
    package var closed: Int

    package init(closed: Int) {
        self.closed = closed
    }
}
