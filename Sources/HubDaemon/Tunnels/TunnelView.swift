internal import AdminAPI
internal import AdminServer
internal import Encoding
internal import HubHTTP
internal import PKI
internal import TunnelServer
internal import Wire

/// The tunnel server as the admin API shows it.
struct TunnelView {
    let hub: Hub

    var operation: TunnelOperation {
        TunnelOperation(
            isOn: { hub.tunnels.server != nil }, look: { try await look() },
            isConnected: { device in try await isConnected(device) },
            close: { id in try await hub.tunnels.server?.close { $0.id == id } ?? 0 > 0 },
            drain: { try await hub.tunnels.server?.restartAll() ?? 0 },
            proxy: {
                guard case .tcp(let host, let port) = hub.readiness.addresses["proxyTCP"] else { return nil }
                return (host == "::" || host == "0.0.0.0" ? "" : host, port)
            })
    }

    private func isConnected(_ device: String) async throws -> Bool {
        guard let server = hub.tunnels.server, let uuid = TunnelUUID(bytes: NameUUID.tunnel(of: device)) else {
            return false
        }
        return try await server.hasServer(uuid)
    }

    private func look() async throws -> AdminTunnels {
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
