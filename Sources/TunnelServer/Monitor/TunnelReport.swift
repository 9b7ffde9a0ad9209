internal import Encoding
internal import HubHTTP
internal import PKI
internal import Wire

/// What monitors are told (docs/protocols/tunnel.md C1), in the form of both generations at once; one of their keys is
/// misspelled.
struct TunnelReport {
    let core: TunnelCore
    /// Whether servers without clients are listed.
    let listsAll: Bool
    let apiVersion: String

    /// One document with its line end.
    func document() -> [UInt8] {
        let report = TunnelJSON.object([
            "apiVersion": .string(apiVersion), "proxyStatistic": rendezvous,
            "serverName": .string(core.settings.name), "serverVersion": .string(core.settings.version),
            "tunnelProxyStatistic": proxy,
        ])
        return TunnelJSON.compact(report) + [UInt8(ascii: "\n")]
    }

    // MARK: - Rendezvous

    private var rendezvous: JSONValue {
        let ends = sorted(.rendezvous)
        let counters = core.rendezvousCounters
        return TunnelJSON.object([
            "clientCount": number(ends.count), "clients": .array(ends.map(client)),
            "total": TunnelJSON.object([
                "totalClientCount": number(counters.ends), "totalTraffic": number(counters.relayed),
                "totalTunnelCount": number(counters.tunnels),
            ]),
            "troughput": number(counters.throughput), "tunnelCount": number(core.rendezvous.tunnelCount),
            "tunnels": .array(ends.compactMap(tunnel)),
        ])
    }

    private func client(_ end: TunnelEnd) -> JSONValue {
        var isJoined = false
        if case .tunnel = end.phase { isJoined = true }
        return TunnelJSON.object([
            "address": .string(end.peerAddress), "authenticated": .bool(end.pass != nil), "id": id(end),
            "name": name(end), "rxDataCount": number(end.flow.relayedIn),
            "timestamp": .number("\(end.connectedAt)"), "tunnelConnected": .bool(isJoined),
            "txDataCount": number(end.flow.relayedOut), "userName": .string(end.pass?.userName ?? ""),
            "uuid": .string(TunnelText.shortened(end.uuid)),
        ])
    }

    /// Told once for the two ends of a tunnel.
    private func tunnel(_ end: TunnelEnd) -> JSONValue? {
        guard case .tunnel(let partner) = end.phase, end.id < partner.id else { return nil }
        return TunnelJSON.object([
            "clientOne": id(end), "clientTwo": id(partner), "timestamp": .number("\(end.joinedAt)"),
        ])
    }

    // MARK: - Proxy

    private var proxy: JSONValue {
        let ends = sorted(.proxy)
        let transports = TunnelTransport.allCases.map { transport in
            JSONValue.Member(transport.rawValue, number(ends.count { $0.transport == transport }))
        }
        return TunnelJSON.object([
            "clientConnectionsCount": number(core.table.clientCount),
            "serverConnectionsCount": number(core.table.serverCount),
            "totalClientCount": number(core.proxyCounters.ends), "transports": .object(transports),
            "troughput": number(core.proxyCounters.throughput), "tunnelConnections": .array(ends.compactMap(server)),
        ])
    }

    private func server(_ end: TunnelEnd) -> JSONValue? {
        guard case .server = end.phase, listsAll || !end.clients.isEmpty else { return nil }
        var members = connection(end)
        members.append(.init("serverUuid", .string(end.uuid)))
        let clients = end.clients.sorted { $0.key < $1.key }.map(\.value)
        members.append(
            .init(
                "clientConnections",
                .array(clients.map { .object(connection($0) + [.init("clientUuid", .string($0.uuid))]) })))
        return .object(members)
    }

    private func connection(_ end: TunnelEnd) -> [JSONValue.Member] {
        [
            .init("address", .string(end.peerAddress)), .init("id", id(end)), .init("name", name(end)),
            .init("rxDataCount", number(end.flow.received)), .init("timestamp", .number("\(end.connectedAt)")),
            .init("txDataCount", number(end.flow.sent)),
        ]
    }

    // MARK: - Pieces

    private func sorted(_ service: TunnelService) -> [TunnelEnd] {
        core.ends.values.filter { $0.service == service }.sorted { $0.id < $1.id }
    }

    private func name(_ end: TunnelEnd) -> JSONValue {
        .string(TunnelText.shortened(end.name))
    }

    private func id(_ end: TunnelEnd) -> JSONValue {
        .string(core.monitors.uuid(end.id).braced)
    }

    private func number(_ value: Int) -> JSONValue {
        .number("\(value)")
    }
}
