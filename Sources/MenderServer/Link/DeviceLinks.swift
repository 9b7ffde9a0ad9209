internal import Encoding
package import Presence
internal import Registry
package import WebSockets
internal import Wire

/// The links of the update protocol (docs/protocols/mender.md 13): a device's WebSocket, and the WebSockets of
/// operators who speak the same messages with it. Who is connected is known to ``Presence``.
package final class DeviceLinks: Sendable {
    /// What a WebSocket of the link may cost.
    package static let limits = WebSocketLimits(messageBytes: LinkEnvelope.hubLimit, waitingMessages: 8)
    /// How often it is looked whether an operator's token still counts.
    private static let watchInterval = Duration.seconds(1)

    package let presence: Presence

    package init(presence: Presence) {
        self.presence = presence
    }

    /// Cuts a device off whose rights have ended.
    package func close(_ deviceID: String) {
        presence.close(DeviceID(deviceID))
    }

    /// Serves a device's connection until it ends.
    ///
    /// - Parameter isAllowed: whether the device's token is still valid; asked once more when it is known to be there.
    func serve(_ device: DeviceSession, over socket: WebSocket, isAllowed: @Sendable () -> Bool) async throws {
        let link = MenderLink(DeviceID(device.deviceID), socket, presence)
        try await presence.serve(link, isAllowed: isAllowed) { try await link.serve() }
    }

    /// Serves an operator's connection to a device until either end goes.
    ///
    /// - Parameter isAllowed: whether the operator still may; asked every second.
    package func serve(
        _ user: LinkUser, on deviceID: String, over socket: WebSocket, isAllowed: @escaping @Sendable () -> Bool
    ) async throws {
        let session = LinkSession(user, .socket(socket))
        let link: MenderLink
        do throws(LinkError) {
            // An operator who speaks this protocol reaches only devices that do.
            guard let found = try presence.link(DeviceID(deviceID)) as? MenderLink else { throw .unsupported }
            try found.add(session)
            link = found
        } catch {
            return await session.end(error.text)
        }
        let record = link.record(session)
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.relay(session, to: link, from: socket, record) }
            group.addTask {
                while isAllowed(), (try? await Task.sleep(for: Self.watchInterval)) != nil {}
                if !Task.isCancelled { socket.close(.policy, reason: "not authorized any more") }
            }
            _ = await group.next()
            // When the right ended, the relay sees the closed socket; when the relay ended, nothing is left to watch.
            group.cancelAll()
        }
        await link.finish(session, record)
    }

    private func relay(
        _ session: LinkSession, to link: MenderLink, from socket: WebSocket, _ record: SessionRecord
    ) async {
        do {
            for try await message in socket.messages {
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
