package import HubHTTP
package import Wire

/// What a client of a tunnel server asks for.
package enum TunnelPurpose: Sendable, Equatable {
    /// To meet the client with the same token and nonce.
    case rendezvous
    /// To wait for clients under this UUID.
    case server(TunnelUUID)
    /// To reach the server of this UUID, which was registered for this device.
    case client(TunnelUUID, deviceID: String?)

    /// Its name for people.
    var word: String {
        switch self {
        case .rendezvous: "rendezvous"
        case .server: "server"
        case .client: "client"
        }
    }
}

/// What a client shows so that it is admitted.
package struct TunnelAccessRequest: Sendable {
    package let purpose: TunnelPurpose
    /// Its token; `nil` where the method has none. Never logged.
    package let token: String?
    package let peer: Peer

    package init(purpose: TunnelPurpose, token: String?, peer: Peer) {
        self.purpose = purpose
        self.token = token
        self.peer = peer
    }
}

/// Who was admitted, and how far.
package struct TunnelPass: Sendable, Equatable {
    /// Who vouches: ends of different realms never meet.
    package var realm: String
    /// Whom the monitor and the audit trail name.
    package var userName: String
    /// The device it is about.
    package var deviceID: String?
    /// ID of the token it came with; limits are counted by it, and a revocation finds it.
    package var tokenID: String?
    /// When its right ends, Unix seconds; the connection ends then too.
    package var validUntil: Int64?
    /// How many rights had been taken when the store was asked about it; `nil` when it was not, see
    /// ``TunnelGate/isCurrent(_:_:)``.
    var denials: UInt64?
    /// It is a server's: those who visit a device take nothing of what its server needs.
    var isServer = false

    package init(
        realm: String, userName: String, deviceID: String? = nil, tokenID: String? = nil, validUntil: Int64? = nil
    ) {
        self.realm = realm
        self.userName = userName
        self.deviceID = deviceID
        self.tokenID = tokenID
        self.validUntil = validUntil
    }
}

/// The answer to a client that asks for admission.
package enum TunnelVerdict: Sendable, Equatable {
    case admitted(TunnelPass)
    /// Not admitted.
    case refused(TunnelAuthenticationError)
}

/// Decides who may use tunnels.
package protocol TunnelGate: Sendable {
    /// Asks for a verdict. Called on an event loop, so it must not wait; the answer may come later, from any thread,
    /// once.
    func judge(_ request: TunnelAccessRequest, answer: @escaping @Sendable (TunnelVerdict) -> Void)

    /// Whether a verdict that came later is still right. Called on the event loop on which the pass is used next, and
    /// on which rights that are taken are heard of.
    func isCurrent(_ pass: TunnelPass, _ purpose: TunnelPurpose) -> Bool

    /// A server that was admitted is registered. Called on an event loop, as the next one.
    func registered(_ uuid: TunnelUUID, _ pass: TunnelPass)

    /// A registered server is gone.
    func left(_ uuid: TunnelUUID, _ pass: TunnelPass)
}

extension TunnelGate {
    package func isCurrent(_ pass: TunnelPass, _ purpose: TunnelPurpose) -> Bool { true }

    package func registered(_ uuid: TunnelUUID, _ pass: TunnelPass) {}

    package func left(_ uuid: TunnelUUID, _ pass: TunnelPass) {}
}

/// Lets everybody in who comes over loopback or a Unix socket: for tests and for trying things out.
package struct MockGate: TunnelGate {
    package init() {}

    package func judge(_ request: TunnelAccessRequest, answer: @escaping @Sendable (TunnelVerdict) -> Void) {
        let address = request.peer.address
        guard address == "local" || address == "::1" || address.hasPrefix("127.") else {
            return answer(.refused(.authenticationFailed))
        }
        answer(.admitted(TunnelPass(realm: "mock", userName: "dummy@example.com")))
    }
}
