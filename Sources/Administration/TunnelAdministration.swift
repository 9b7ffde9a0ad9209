package import Issuing
package import PKI
package import Devices
package import Journal
package import Reach
internal import Wire

/// Rights to reach devices through the tunnel server.
package struct TunnelAdministration: Sendable {
    private let issuer: Issuer
    private let devices: Devices
    private let reach: Reach
    private let tunnels: any TunnelControl

    package init(issuer: Issuer, devices: Devices, reach: Reach, tunnels: any TunnelControl) {
        self.issuer = issuer
        self.devices = devices
        self.reach = reach
        self.tunnels = tunnels
    }

    /// A right to open, and how it is to be used.
    package struct Opening: Sendable {
        package var device: String
        /// Public key of the person's end, which gets a certificate for the way inside the tunnel; `nil`: there is
        /// none, and the server is not the device's agent.
        package var publicKeyPEM: String?
        /// How long it may last, 1 to 1,440.
        package var minutes: Int
        /// Number of the token it goes on from.
        package var renewedToken: String?

        package init(device: String, publicKeyPEM: String?, minutes: Int, renewedToken: String?) {
            self.device = device
            self.publicKeyPEM = publicKeyPEM
            self.minutes = minutes
            self.renewedToken = renewedToken
        }
    }

    /// Everything that reaching a device needs.
    package struct Grant: Sendable {
        package let token: TunnelToken
        /// The token itself.
        package let text: String
        package let lifeSeconds: Int
        /// UUID of the device's server at the proxy.
        package let server: String
        /// Certificate of the person's end with its chain; empty without a key.
        package let chain: [Certificate]
        package let authorities: [Certificate]
        package let proxy: TunnelProxyAddress
    }

    /// Gives somebody a token for the proxy and, with a key, a certificate for the way inside the tunnel, which the
    /// proxy can't see: its name says which device lets it in.
    ///
    /// - Throws: ``AdministrationError``, and what devices, tokens and certificates are refused with.
    package func open(_ opening: Opening, by requester: Requester) async throws -> Grant {
        guard let proxy = tunnels.proxy else { throw AdministrationError.tunnelsOff }
        guard (1...1440).contains(opening.minutes) else {
            throw AdministrationError.invalid("minutes must be 1 to 1440")
        }
        let key = try opening.publicKeyPEM.map(Self.publicKey)
        if key != nil, issuer.hasEnded {
            throw IssuingError.authorityEnded(at: issuer.authority.certificate.notAfter)
        }
        _ = try await devices.device(opening.device)
        let server = try await server(of: opening.device, isAgent: key != nil)
        let (token, text) = try await reach.issueTunnelToken(
            for: opening.device, user: requester.name, scope: .client, life: Int64(opening.minutes) * 60,
            renewing: opening.renewedToken, by: requester)
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
        return Grant(
            token: token, text: text, lifeSeconds: opening.minutes * 60, server: server, chain: chain,
            authorities: authorities.all.map(\.certificate), proxy: proxy)
    }

    /// Makes a token alone.
    ///
    /// - Parameter minutes: its life; what is out of bounds, the record of tokens refuses.
    package func issueToken(
        for device: String, user: String?, scope: TunnelScope, minutes: Int, by requester: Requester
    ) async throws -> (token: TunnelToken, text: String) {
        guard tunnels.isOn else { throw AdministrationError.tunnelsOff }
        return try await reach.issueTunnelToken(
            for: device, user: user ?? requester.name, scope: scope,
            life: Int64(clamping: min(max(minutes, 0), 1_000_000)) * 60, by: requester)
    }

    /// Ends all connections in order, and says how many.
    package func drain(by requester: Requester) async throws -> Int {
        let closed = try await tunnels.drain()
        try await reach.auditTunnels([
            TunnelNote("tunnel.drain", "tunnels", by: requester, detail: ["closed": "\(closed)"])
        ])
        return closed
    }

    /// UUID of a device's agent at the proxy.
    package static func serverUUID(of device: String) -> String {
        TunnelUUID(bytes: NameUUID.tunnel(of: device))?.braced ?? ""
    }

    private static func publicKey(_ pem: String) throws(AdministrationError) -> PublicKey {
        guard let key = try? PublicKey(pem: pem) else { throw .invalid("publicKeyPEM is not a public key") }
        return key
    }

    /// UUID of the device's server that is connected: its agent's, or one that is not the agent's, the oldest first,
    /// and the one under the agent's UUID when there is no other.
    private func server(of device: String, isAgent: Bool) async throws -> String {
        let own = Self.serverUUID(of: device)
        if isAgent {
            guard try await tunnels.isConnected(device) else { throw AdministrationError.deviceNotConnected(device) }
            return own
        }
        let connected = try await tunnels.servers(of: device).map(\.braced)
        guard let server = connected.first(where: { $0 != own }) ?? connected.first else {
            throw AdministrationError.deviceNotConnected(device)
        }
        return server
    }
}
