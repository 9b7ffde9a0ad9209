internal import Encoding
internal import Metrics
package import Registry
internal import Synchronization
package import WebSockets
internal import Wire

/// Which devices hold a link to the hub right now (docs/protocols/mender.md 13): one connection per device, a new one
/// takes the place of the old one.
///
/// Behind a lock and not an actor, because a device that is shut out must be cut off by whoever shuts it out, without
/// waiting.
package final class DeviceLinks: Sendable {
    /// How a device's link stands.
    package struct Standing: Sendable, Equatable {
        /// Whether it is there now.
        package let isConnected: Bool
        /// When that began or ended, Unix seconds.
        package let since: Int64
    }

    private struct Table {
        /// By the device's record.
        var links: [DeviceID: DeviceLink] = [:]
        /// When each device that was here since the hub started came or went, by its record; forgotten with the
        /// device's rights.
        var changes: [DeviceID: Int64] = [:]
    }

    /// What a WebSocket of the link may cost.
    package static let limits = WebSocketLimits(messageBytes: LinkEnvelope.hubLimit, waitingMessages: 8)

    let registry: Registry
    private let table = Mutex(Table())
    private let gauge = Gauge(label: "latchkey_device_links")
    let operators = OperatorSessions()

    /// No device yet.
    package init(registry: Registry) {
        self.registry = registry
        registry.journal.endings.subscribe(self)
    }

    /// How many devices are there.
    package var count: Int { table.withLock { $0.links.count } }

    /// How the link of a device's record stands; `nil` when it was not there since the hub started.
    package func standing(_ deviceID: String) -> Standing? {
        table.withLock { table in
            let device = DeviceID(deviceID)
            return table.changes[device].map { Standing(isConnected: table.links[device] != nil, since: $0) }
        }
    }

    /// Cuts a device off whose rights have ended.
    package func close(_ deviceID: String) {
        let link = table.withLock { table in
            table.changes[DeviceID(deviceID)] = nil
            return table.links.removeValue(forKey: DeviceID(deviceID))
        }
        gauge.record(count)
        link?.close(.policy, reason: "not authorized any more")
    }

    func link(_ deviceID: String) -> DeviceLink? {
        table.withLock { $0.links[DeviceID(deviceID)] }
    }

    /// Serves a device's connection until it ends.
    ///
    /// - Parameter isAllowed: asked once more when the device stands in the table: who was shut out between the check
    ///   of its token and now would not be found there.
    func serve(_ device: DeviceSession, over socket: WebSocket, isAllowed: @Sendable () -> Bool) async throws {
        let link = DeviceLink(device, socket)
        let previous = table.withLock { table in
            table.changes[DeviceID(device.deviceID)] = registry.journal.now()
            return table.links.updateValue(link, forKey: DeviceID(device.deviceID))
        }
        gauge.record(count)
        previous?.close(.goingAway, reason: "replaced by a new connection")
        if !isAllowed() { close(device.deviceID) }
        defer { forget(link) }
        try await link.serve()
    }

    /// Serves an operator's connection to a device until either end goes.
    ///
    /// - Parameter isAllowed: whether the operator may, by the store: asked once more when the session can be found by
    ///   its right, and after the clock was set back.
    package func serve(
        _ user: LinkUser, on deviceID: String, over socket: WebSocket, isAllowed: @escaping @Sendable () -> Bool
    ) async throws {
        let session = LinkSession(user, .socket(socket))
        guard let link = link(deviceID) else { return await session.end(LinkRefusal.notConnected.text) }
        do throws(LinkRefusal) {
            try link.add(session)
        } catch {
            return await session.end(error.text)
        }
        let start = registry.journal.now()
        operators.add(session, isAllowed)
        if !isAllowed() { session.revoke() }
        await relay(session, to: link, from: socket)
        operators.remove(session)
        await finish(session, on: link, since: start)
    }

    /// Ends a session on the device's side, and writes down what it was.
    func finish(_ session: LinkSession, on link: DeviceLink, since start: Int64) async {
        link.remove(session)
        let deeds = session.deeds
        for goodbye in deeds.goodbyes(session: session.id, user: session.user.id) {
            // A device that is gone has nothing open.
            guard (try? await link.send(goodbye)) != nil else { break }
        }
        guard deeds.openings > 0 else { return }
        try? await registry.journal.audit(
            "link.end", link.device.deviceID, by: session.user.requester,
            detail: [
                "session": session.id, "seconds": "\(max(0, registry.journal.now() - start))",
                "bytesToDevice": "\(deeds.bytesToDevice)", "bytesFromDevice": "\(deeds.bytesFromDevice)",
            ])
    }

    /// Sends a message of a session; what begins with it is in the audit trail before the device hears of it.
    func send(_ envelope: LinkEnvelope, of session: LinkSession, to link: DeviceLink) async throws {
        let (stamped, opening) = try session.stamp(envelope)
        if let opening { try await record(opening, session, link.device.deviceID) }
        try await link.send(stamped)
    }

    private func relay(_ session: LinkSession, to link: DeviceLink, from socket: WebSocket) async {
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
                try await send(envelope, of: session, to: link)
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

    private func forget(_ link: DeviceLink) {
        table.withLock { table in
            let deviceID = DeviceID(link.device.deviceID)
            guard table.links[deviceID] === link else { return }
            table.links[deviceID] = nil
            table.changes[deviceID] = registry.journal.now()
        }
        gauge.record(count)
    }
}

extension DeviceLinks {
    private func record(_ opening: LinkLedger.Opening, _ session: LinkSession, _ deviceID: String) async throws {
        let (action, what): (String, String) =
            switch opening {
            case .shell: ("link.shell", "")
            case .reading(let path): ("link.fileRead", path)
            case .writing(let path): ("link.fileWrite", path)
            case .forward(let host, let port, let transport): ("link.forward", "\(transport) \(host):\(port)")
            case .command(let command): ("link.command", command)
            }
        try await registry.journal.audit(
            action, deviceID, by: session.user.requester,
            detail: ["session": session.id, "target": String(what.prefix(1024))])
    }
}
