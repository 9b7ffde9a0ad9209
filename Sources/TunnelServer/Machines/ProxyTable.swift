package import Wire

/// Servers, their clients and the clients' addresses (docs/protocols/tunnel.md B3, B5): events go in, what to do comes
/// out.
package struct ProxyTable: Sendable {
    /// What becomes of a registration.
    package enum Outcome: Sendable, Equatable {
        /// A server is registered.
        case registered
        /// A client is joined with a server under this address.
        case joined(server: EndID, address: UInt16)
        /// The UUID is in use by one of the same kind, or this end is registered already.
        case inUse
        /// The UUID is in use by one of the other kind.
        case crossed
        /// No such server.
        case unknownServer
        /// The server has as many clients as addresses or as the limit allows.
        case full
    }

    /// What an end leaves behind.
    package enum Departure: Sendable, Equatable {
        /// It was registered as nothing.
        case nothing
        /// A server: its clients must go.
        case server(clients: [EndID])
        /// A client: its server is told.
        case client(server: EndID, address: UInt16)
    }

    private struct Server {
        let uuid: TunnelUUID
        var nextAddress: UInt16 = 1
        var clients: [UInt16: EndID] = [:]
    }

    private struct Client {
        let uuid: TunnelUUID
        let server: EndID
        let address: UInt16
    }

    private let clientLimit: Int
    private var servers: [EndID: Server] = [:]
    private var clients: [EndID: Client] = [:]
    private var serverByUUID: [TunnelUUID: EndID] = [:]
    private var clientByUUID: [TunnelUUID: EndID] = [:]

    /// - Parameter clientLimit: most clients of one server; addresses allow 65,534.
    package init(clientLimit: Int) {
        self.clientLimit = min(clientLimit, 65_534)
    }

    /// How many servers are registered.
    package var serverCount: Int { servers.count }

    /// How many clients are joined.
    package var clientCount: Int { clients.count }

    package mutating func registerServer(_ id: EndID, uuid: TunnelUUID) -> Outcome {
        guard servers[id] == nil, clients[id] == nil, serverByUUID[uuid] == nil else { return .inUse }
        guard clientByUUID[uuid] == nil else { return .crossed }
        servers[id] = Server(uuid: uuid)
        serverByUUID[uuid] = id
        return .registered
    }

    /// Joins a client with a server.
    package mutating func registerClient(_ id: EndID, uuid: TunnelUUID, server: TunnelUUID) -> Outcome {
        guard servers[id] == nil, clients[id] == nil else { return .inUse }
        guard let serverID = serverByUUID[server] else { return .unknownServer }
        guard clientByUUID[uuid] == nil else { return .inUse }
        guard serverByUUID[uuid] == nil else { return .crossed }
        guard let address = takeAddress(of: serverID, for: id) else { return .full }
        clients[id] = Client(uuid: uuid, server: serverID, address: address)
        clientByUUID[uuid] = id
        return .joined(server: serverID, address: address)
    }

    /// The client a server knows under an address.
    package func client(of server: EndID, at address: UInt16) -> EndID? {
        servers[server]?.clients[address]
    }

    package func server(_ uuid: TunnelUUID) -> EndID? {
        serverByUUID[uuid]
    }

    /// Whether an end is a registered server.
    package func isServer(_ id: EndID) -> Bool {
        servers[id] != nil
    }

    /// An end is gone or was sent away.
    package mutating func leave(_ id: EndID) -> Departure {
        if let server = servers.removeValue(forKey: id) {
            serverByUUID[server.uuid] = nil
            let left = server.clients.sorted { $0.key < $1.key }.map(\.value)
            for client in left {
                if let client = clients.removeValue(forKey: client) { clientByUUID[client.uuid] = nil }
            }
            return .server(clients: left)
        }
        guard let client = clients.removeValue(forKey: id) else { return .nothing }
        clientByUUID[client.uuid] = nil
        servers[client.server]?.clients[client.address] = nil
        return .client(server: client.server, address: client.address)
    }

    /// 1, 2, 3 and so on; one that is free again comes after all others had their turn. 0 is the proxy itself, 0xFFFF
    /// never given out.
    private mutating func takeAddress(of server: EndID, for client: EndID) -> UInt16? {
        guard var entry = servers[server], entry.clients.count < clientLimit else { return nil }
        var address = entry.nextAddress
        while entry.clients[address] != nil { address = Self.next(address) }
        entry.nextAddress = Self.next(address)
        entry.clients[address] = client
        servers[server] = entry
        return address
    }

    private static func next(_ address: UInt16) -> UInt16 {
        address >= 0xFFFE ? 1 : address + 1
    }
}
