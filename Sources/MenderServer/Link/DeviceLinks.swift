internal import Devices
internal import Encoding
package import Presence
package import WebSockets
internal import Wire

/// Which of a device's links an operator wants.
package enum LinkWay: Sendable {
    /// That of the update protocol, or else another one with a shell.
    case any
    /// One of another protocol.
    case other
}

/// The links of the update protocol (docs/protocols/mender.md 13): a device's WebSocket, and the WebSockets of
/// operators who speak the same messages with it. Who is connected is known to ``Presence``.
package final class DeviceLinks: Sendable {
    /// What a WebSocket of the link may cost.
    package static let limits = WebSocketLimits(messageBytes: LinkEnvelope.hubLimit, waitingMessages: 8)

    package let presence: Presence

    package init(presence: Presence) {
        self.presence = presence
    }

    /// Serves a device's connection until it ends.
    ///
    /// - Parameter isAllowed: whether the device's token is still valid; asked once more when it is known to be there.
    func serve(
        _ device: DeviceSession, from address: String, over socket: WebSocket,
        isAllowed: @escaping @Sendable () async -> Bool
    ) async throws {
        let link = MenderLink(DeviceID(device.deviceID), socket, presence, address: address)
        try await presence.serve(link, isAllowed: isAllowed) { try await link.serve() }
    }

    /// Serves an operator's connection to a device until either end goes.
    ///
    /// - Parameter isAllowed: whether the operator may, by the store: asked once more when the session can be found by
    ///   its right, and after the clock was set back.
    package func serve(
        _ user: LinkVisitor, on deviceID: String, over socket: WebSocket, way: LinkWay = .any,
        isAllowed: @escaping @Sendable () async -> Bool
    ) async throws {
        let session = LinkSession(user, .socket(socket))
        let link: MenderLink
        do throws(LinkError) {
            let links = presence.links(of: DeviceID(deviceID)).map(\.link)
            guard let found = links.lazy.compactMap({ $0 as? MenderLink }).last, way != .other else {
                let other = try presence.link(DeviceID(deviceID), for: .shell)
                return await serve(session, other, isAllowed, over: socket)
            }
            try found.add(session)
            link = found
        } catch {
            return await session.end(error.message)
        }
        let record = link.record(session)
        presence.operators.add(session, isAllowed)
        if await !isAllowed() { session.revoke() }
        await relay(session, to: link, from: socket, record)
        presence.operators.remove(session)
        await link.finish(session, record)
    }

    /// Serves an operator on a device whose link speaks another protocol.
    private func serve(
        _ session: LinkSession, _ link: any DeviceLink, _ isAllowed: @escaping @Sendable () async -> Bool,
        over socket: WebSocket
    ) async {
        presence.operators.add(session, isAllowed)
        if await !isAllowed() { session.revoke() }
        await EnvelopeShell(socket, session).relay(to: link)
        presence.operators.remove(session)
    }

    private func relay(
        _ session: LinkSession, to link: MenderLink, from socket: WebSocket, _ record: SessionRecord
    ) async {
        do {
            for try await message in socket.messages {
                // What came before the right was gone may still wait here.
                guard !session.isRevoked else { return }
                guard case .binary(let bytes) = message else { throw LinkRefusal.unreadable("text") }
                let envelope: LinkEnvelope
                do throws(MessageError) {
                    envelope = try LinkEnvelope(parsing: bytes)
                } catch {
                    throw LinkRefusal.unreadable("\(error)")
                }
                try await link.send(envelope, of: session, record)
            }
        } catch let refusal as LinkRefusal {
            await session.end(refusal.text)
        } catch is WebSocketError {
            // Either end is gone. When it is the device, its link ends the session as well.
            await session.end("device disconnected")
        } catch {
            await session.end("the hub can't record the session")
        }
    }
}
