internal import AdminAPI
internal import Administration
internal import AdminServer
internal import Encoding
internal import HubHTTP
internal import PKI
internal import TunnelServer
internal import Wire

/// The tunnel server as the admin API shows it.
struct TunnelView: TunnelOverview {
    let hub: Hub

    var isOn: Bool { hub.tunnels.server != nil }

    var proxy: TunnelProxyAddress? {
        guard case .tcp(let host, let port) = hub.readiness.addresses["proxyTCP"] else { return nil }
        return TunnelProxyAddress(host: host == "::" || host == "0.0.0.0" ? "" : host, port: port)
    }

    func isConnected(_ device: String) async throws -> Bool {
        guard let server = hub.tunnels.server, let uuid = TunnelUUID(bytes: NameUUID.tunnel(of: device)) else {
            return false
        }
        return try await server.hasServer(uuid)
    }

    func servers(of device: String) async throws -> [TunnelUUID] {
        guard let server = hub.tunnels.server else { return [] }
        return try await server.records()
            .filter { $0.role == .server && DeviceID($0.deviceID) == DeviceID(device) }
            .compactMap { TunnelUUID($0.uuid) }
    }

    func close(_ id: UInt64) async throws -> Bool {
        try await hub.tunnels.server?.close { $0.id == id } ?? 0 > 0
    }

    func drain() async throws -> Int { try await hub.tunnels.server?.restartAll() ?? 0 }

    func tunnels() async throws -> AdminTunnels {
        guard let server = hub.tunnels.server else {
            return AdminTunnels(
                tunnels: [], totalConnections: 0, totalTunnels: 0, totalBytes: 0, bytesPerSecond: 0, refused: 0,
                isDraining: false)
        }
        let sums = try await server.sums()
        return AdminTunnels(
            tunnels: try await server.records().map(AdminTunnel.init), totalConnections: sums.connections,
            totalTunnels: sums.tunnels, totalBytes: sums.bytes, bytesPerSecond: sums.bytesPerSecond,
            refused: sums.refused, isDraining: sums.isDraining)
    }
}

extension AdminTunnel {
    init(_ record: TunnelRecord) {
        self.init(
            id: record.id, role: record.role.rawValue, service: record.service.rawValue,
            transport: record.transport.rawValue, address: record.address, name: record.name, uuid: record.uuid,
            user: record.userName, device: record.deviceID, tokenID: record.tokenID, partner: record.partner,
            connectedAt: RFC3339.text(record.connectedAt),
            joinedAt: record.joinedAt > 0 ? RFC3339.text(record.joinedAt) : nil, bytesIn: record.bytesIn,
            bytesOut: record.bytesOut)
    }
}
