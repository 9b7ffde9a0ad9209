internal import HubHTTP
internal import Wire

/// One end as operators see it.
package struct TunnelRecord: Sendable, Equatable {
    /// What an end is.
    package enum Role: String, Sendable {
        /// It has not said yet what it wants, or is being checked.
        case connecting
        /// It waits for its partner.
        case waiting
        /// It is joined with its partner by a rendezvous.
        case joined
        /// It is a registered server.
        case server
        /// It is joined with a registered server.
        case client
    }

    /// Number of the connection.
    package var id: EndID
    package var role: Role
    /// Which protocol it speaks.
    package var service: TunnelService
    package var transport: TunnelTransport
    /// Address without port; `local` on a Unix socket.
    package var address: String
    /// Name it gave itself, shortened.
    package var name: String
    /// UUID it gave itself, shortened: in a rendezvous it may be any text.
    package var uuid: String
    /// Whom its token or certificate names.
    package var userName: String
    /// The device it is about.
    package var deviceID: String?
    /// The token it came with.
    package var tokenID: String?
    /// Number of the connection it is joined with; a server's clients name it.
    package var partner: EndID?
    /// Unix seconds.
    package var connectedAt: Int64
    /// Unix seconds; 0 while it is not joined.
    package var joinedAt: Int64
    /// Bytes it sent through the tunnel.
    package var bytesIn: Int
    /// Bytes it was sent through the tunnel.
    package var bytesOut: Int
}

extension TunnelRecord {
    /// - Parameter phase: the end's, or the one it just left.
    init(_ end: TunnelEnd, _ phase: TunnelEnd.Phase) {
        let pass = end.pass
        id = end.id
        service = end.service
        transport = end.transport
        address = end.connection.peer.address
        name = TunnelText.shortened(end.name)
        uuid = TunnelText.shortened(end.uuid)
        userName = pass?.userName ?? ""
        deviceID = pass?.deviceID
        tokenID = pass?.tokenID
        connectedAt = end.connectedAt
        joinedAt = end.joinedAt
        bytesIn = end.flow.relayedIn
        bytesOut = end.flow.relayedOut
        switch phase {
        case .connected, .checking, .closing: role = .connecting
        case .waiting: role = .waiting
        case .tunnel(let other):
            role = .joined
            partner = other.id
        case .server: role = .server
        case .client(let server, _):
            role = .client
            partner = server.id
            deviceID = pass?.deviceID ?? server.pass?.deviceID
        }
    }
}

/// What happened to a tunnel.
package enum TunnelEvent: Sendable, Equatable {
    /// An end was joined, or a server registered.
    case joined(TunnelRecord)
    /// It is on its way out.
    case left(TunnelRecord)
    /// It was not admitted: what it wanted, and why not.
    case refused(TunnelRecord, purpose: String, reason: String)
}

/// How a connection came.
package enum TunnelTransport: String, Sendable, CaseIterable {
    case tcp = "TCP"
    case webSocket = "WebSocket"
    case unix
}
