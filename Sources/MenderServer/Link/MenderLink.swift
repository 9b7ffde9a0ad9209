internal import Presence
internal import Synchronization
internal import WebSockets
internal import Wire

/// One device's live connection in the update protocol, and the sessions on it.
final class MenderLink: DeviceLink {
    /// Sessions one device has at most.
    static let sessionLimit = 32

    let device: DeviceID
    let name = "mender"
    let address: String
    let abilities: LinkAbilities = [.shell, .files, .ports, .push]
    private let presence: Presence
    private let socket: WebSocket
    /// `nil` once the link is over: then no session may begin.
    private let sessions = Mutex<[String: LinkSession]?>([:])

    init(_ device: DeviceID, _ socket: WebSocket, _ presence: Presence, address: String) {
        self.address = address
        self.device = device
        self.socket = socket
        self.presence = presence
    }

    func add(_ session: LinkSession) throws(LinkError) {
        try sessions.withLock { sessions throws(LinkError) in
            guard let count = sessions?.count else { throw .notConnected }
            guard count < Self.sessionLimit else { throw .tooManySessions(limit: Self.sessionLimit) }
            sessions?[session.id] = session
        }
    }

    func remove(_ session: LinkSession) {
        sessions.withLock { $0?[session.id] = nil }
    }

    /// Sends a message to the device; returns when it has left.
    func send(_ envelope: LinkEnvelope) async throws {
        let bytes = envelope.encoded()
        guard bytes.count <= LinkEnvelope.deviceLimit else { throw LinkRefusal.tooLarge }
        try await socket.send(.binary(bytes))
    }

    /// Ends the connection: the device may come back while its token is valid.
    func close(_ reason: LinkClosing) {
        switch reason {
        case .replaced: socket.close(.goingAway, reason: "replaced by a new connection")
        case .forbidden: socket.close(.policy, reason: "not authorized any more")
        case .disconnected: socket.close(.goingAway, reason: "disconnected by an operator")
        case .restarting: socket.close(.goingAway, reason: "the hub restarts")
        }
    }

    func tell(_ message: LinkMessage, by visitor: LinkVisitor) async throws {
        let command =
            switch message {
            case .updateWaits: "check-update"
            case .reportInventory: "send-inventory"
            case .reboot, .identify, .reportHealth: throw LinkError.unsupported
            }
        // The session ends with the mailbox: the device has no word for having done it.
        try await mailbox(visitor).send(LinkEnvelope(.client, command))
    }

    func files(by visitor: LinkVisitor) throws(LinkError) -> any RemoteFiles {
        MenderFiles(try mailbox(visitor))
    }

    /// Operators open shells and ports themselves, in the messages of this protocol: see ``DeviceLinks``.
    func open(_ target: LinkTarget, by visitor: LinkVisitor) async throws -> any LinkStream {
        throw LinkError.unsupported
    }

    private func mailbox(_ visitor: LinkVisitor) throws(LinkError) -> LinkMailbox {
        try LinkMailbox(self, user: visitor)
    }

    /// What the audit trail says of a session.
    func record(_ session: LinkSession) -> SessionRecord {
        SessionRecord(presence, device: device, session: session.id, by: session.user.requester)
    }

    /// Sends a message of a session; what begins with it is in the audit trail before the device hears of it.
    func send(_ envelope: LinkEnvelope, of session: LinkSession, _ record: SessionRecord) async throws {
        let (stamped, action) = try session.stamp(envelope)
        if let action { try await record.begin(action) }
        try await send(stamped)
    }

    /// Ends a session on the device's side, and writes down what it was.
    func finish(_ session: LinkSession, _ record: SessionRecord) async {
        remove(session)
        let activity = session.activity
        for message in activity.closingMessages(session: session.id, user: session.user.id) {
            // A device that is gone has nothing open.
            guard (try? await send(message)) != nil else { break }
        }
        guard activity.openings > 0 else { return }
        await record.end(bytesToDevice: activity.bytesToDevice, bytesFromDevice: activity.bytesFromDevice)
    }

    /// Reads from the device until its connection ends, then ends the sessions.
    func serve() async throws {
        do {
            for try await message in socket.messages {
                guard case .binary(let bytes) = message, let envelope = try? LinkEnvelope(parsing: bytes) else {
                    socket.close(.policy, reason: "not a message of the device link")
                    break
                }
                // A session that is over, or a message of no session: nobody waits for it.
                await sessions.withLock({ $0?[envelope.session] })?.deliver(envelope)
            }
        } catch {
            await end()
            throw error
        }
        await end()
    }

    private func end() async {
        let ending = sessions.withLock { sessions in
            defer { sessions = nil }
            return sessions ?? [:]
        }
        // Beside each other: one operator who takes nothing must not keep the others waiting.
        await withTaskGroup(of: Void.self) { group in
            for session in ending.values { group.addTask { await session.end("device disconnected") } }
        }
    }
}
