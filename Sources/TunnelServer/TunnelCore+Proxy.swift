internal import HubHTTP
internal import NIOCore
internal import Wire

/// Part B of docs/protocols/tunnel.md: servers wait under their UUID for any number of clients.
extension TunnelEnd {
    func registerServer(_ request: TunnelRequest) {
        if case .server = phase {
            answer(TunnelMessages.proxy(request.id, .alreadyRegistered, slipEnabled: false))
            return close("Already registered")
        }
        guard let uuid = TunnelUUID(request.text("serverUuid")), !uuid.isNull else {
            return answer(TunnelMessages.proxy(request.id, .invalidUuid, slipEnabled: false))
        }
        name = request.text("serverName")
        self.uuid = uuid.plain
        ask(request, .server(uuid))
    }

    func registerClient(_ request: TunnelRequest) {
        if case .server = phase {
            answer(TunnelMessages.proxy(request.id, .alreadyRegistered))
            return close("Already registered")
        }
        guard let uuid = TunnelUUID(request.text("clientUuid")), !uuid.isNull,
            let server = TunnelUUID(request.text("serverUuid")), !server.isNull
        else { return answer(TunnelMessages.proxy(request.id, .invalidUuid)) }
        name = request.text("clientName")
        self.uuid = uuid.plain
        guard let serverEnd = core.table.server(server).flatMap({ core.ends[$0] }) else {
            answer(TunnelMessages.proxy(request.id, .serverNotFound))
            return close("Unknown server")
        }
        ask(request, .client(server, deviceID: serverEnd.pass?.deviceID))
    }

    func disconnectClient(_ request: TunnelRequest) {
        guard case .server = phase else {
            answer(TunnelMessages.proxy(request.id, .forbiddenCall))
            return close("API call was not successfully.")
        }
        guard let address = UInt16(request.text("socketAddress")), let client = clients[address] else {
            return answer(TunnelMessages.proxy(request.id, .unknownSocketAddress))
        }
        client.close("Server requested disconnect.", patience: core.patience(for: client))
        answer(TunnelMessages.proxy(request.id, .noError))
    }
}

extension TunnelCore {
    /// A server was admitted.
    func finishServer(_ end: TunnelEnd, _ request: TunnelRequest, _ uuid: TunnelUUID) {
        makeRoom(for: end, uuid)
        switch table.registerServer(end.id, uuid: uuid) {
        case .registered:
            if let pass = end.pass { gate.registered(uuid, pass) }
            // The answer is the last that is not SLIP.
            end.say(TunnelMessages.proxy(request.id, .noError, slipEnabled: true))
            end.phase = .server
            noteJoined(end)
        case .crossed:
            end.say(TunnelMessages.proxy(request.id, .alreadyRegistered, slipEnabled: false))
            end.close("UUID cross registeration")
        default:
            end.say(TunnelMessages.proxy(request.id, .alreadyRegistered, slipEnabled: false))
            end.close("Already registered")
        }
    }

    /// A device that comes again has lost its former connection, whether the hub has noticed or not: that one goes
    /// first, its clients too. Who proved no device (open and mock mode) takes nobody's place.
    private func makeRoom(for end: TunnelEnd, _ uuid: TunnelUUID) {
        guard let device = end.pass?.deviceID, let former = table.server(uuid).flatMap({ ends[$0] }), former !== end,
            DeviceID(former.pass?.deviceID) == DeviceID(device)
        else { return }
        former.close("The device came again over another connection.")
    }

    /// A client was admitted.
    func finishClient(_ end: TunnelEnd, _ request: TunnelRequest, _ server: TunnelUUID) {
        guard let uuid = TunnelUUID(end.uuid) else { return end.close("Internal error") }
        let (outcome, error, reason) = registerClient(end, uuid, server)
        guard case .joined(let serverID, let address) = outcome, let serverEnd = ends[serverID] else {
            end.say(TunnelMessages.proxy(request.id, error))
            return end.close(reason)
        }
        end.phase = .client(serverEnd, address)
        proxyCounters.tunnels += 1
        serverEnd.clients[address] = end
        serverEnd.frame(
            TunnelMessages.clientConnected(
                nextNotification(), name: end.name, uuid: uuid, peerAddress: end.peerAddress, socketAddress: address),
            address: 0)
        end.say(TunnelMessages.proxy(request.id, .noError))
        noteJoined(end)
    }

    private func registerClient(
        _ end: TunnelEnd, _ uuid: TunnelUUID, _ server: TunnelUUID
    ) -> (ProxyTable.Outcome, TunnelProxyError, String) {
        let outcome = table.registerClient(end.id, uuid: uuid, server: server)
        return switch outcome {
        case .unknownServer: (outcome, .serverNotFound, "Unknown server")
        case .crossed: (outcome, .alreadyRegistered, "UUID cross registeration")
        case .full: (outcome, .internalServerError, "Too many clients")
        default: (outcome, .alreadyRegistered, "Already registered")
        }
    }

    /// A server or client is on its way out.
    func leaveProxy(_ end: TunnelEnd) {
        switch table.leave(end.id) {
        case .nothing: break
        case .server(let clients):
            end.clients = [:]
            for id in clients {
                guard let client = ends[id] else { continue }
                client.close(
                    farewell?.reason ?? "Server disconnected", code: farewell?.code ?? .unexpected,
                    patience: patience(for: client))
            }
        case .client(let server, let address):
            guard let serverEnd = ends[server] else { return }
            serverEnd.clients[address] = nil
            serverEnd.frame(
                TunnelMessages.clientDisconnected(nextNotification(), socketAddress: address), address: 0)
        }
    }
}
