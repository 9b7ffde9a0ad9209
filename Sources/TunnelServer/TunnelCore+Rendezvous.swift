internal import NIOCore
internal import Wire

/// Part A of docs/protocols/tunnel.md: ends with the same token and nonce are joined.
extension TunnelEnd {
    func authenticate(_ request: TunnelRequest) {
        guard case .connected = phase else {
            return close("Data received while authenticated but not remote connected.")
        }
        name = request.text("name")
        uuid = request.text("uuid")
        ask(request, .rendezvous)
    }
}

extension TunnelCore {
    /// An end's token was accepted.
    func meet(_ end: TunnelEnd, _ request: TunnelRequest, _ pass: TunnelPass) {
        let key = Rendezvous.Key(
            realm: pass.realm, token: request.text("token"), nonce: request.text("nonce"))
        let outcome = rendezvous.admit(end.id, key: key, uuid: end.uuid)
        switch outcome {
        case .waits:
            end.phase = .waiting
            end.say(TunnelMessages.authentication(request.id, .noError))
            end.setDeadline(settings.aloneTimeout) {
                $0.close("Proxy timeout occurred. The tunnel partner did not show up.")
            }
        case .tunnelExists: end.close("Tunnel already exists for this token nonce combination.")
        case .sameUUID(let waiting, let hasNonce):
            let reason = hasNonce ? "Client loop detected." : "Duplicated client UUID."
            if hasNonce { end.say(TunnelMessages.authentication(request.id, .noError)) }
            ends[waiting]?.close(reason)
            end.close(reason)
        case .joined(let first, _):
            end.say(TunnelMessages.authentication(request.id, .noError))
            guard let partner = ends[first] else { return end.close("Tunnel client disconnected") }
            join(partner, end)
        }
    }

    private func join(_ first: TunnelEnd, _ second: TunnelEnd) {
        first.clearDeadline()
        second.clearDeadline()
        first.phase = .tunnel(second)
        second.phase = .tunnel(first)
        rendezvousCounters.tunnels += 1
        first.say(TunnelMessages.tunnelEstablished(nextNotification(), name: second.name, uuid: second.uuid))
        second.say(TunnelMessages.tunnelEstablished(nextNotification(), name: first.name, uuid: first.uuid))
        noteJoined(first)
        noteJoined(second)
    }

    func noteJoined(_ end: TunnelEnd) {
        end.joinedAt = now()
        journal(.joined(TunnelRecord(end, end.phase)))
    }

    /// Ends a tunnel whose bytes can't be passed on unaltered.
    func endNotUTF8(_ end: TunnelEnd) {
        end.close(TunnelFarewell.notUTF8.reason, code: TunnelFarewell.notUTF8.code)
    }
}
