internal import Registry
internal import Synchronization
internal import WebSockets
internal import Wire

/// One device's live connection, and the sessions on it.
final class DeviceLink: Sendable {
    /// Sessions one device has at most.
    static let sessionLimit = 32

    let device: DeviceSession
    private let socket: WebSocket
    /// `nil` once the link is over: then no session may begin.
    private let sessions = Mutex<[String: LinkSession]?>([:])

    init(_ device: DeviceSession, _ socket: WebSocket) {
        self.device = device
        self.socket = socket
    }

    func add(_ session: LinkSession) throws(LinkRefusal) {
        try sessions.withLock { sessions throws(LinkRefusal) in
            guard let count = sessions?.count else { throw .notConnected }
            guard count < Self.sessionLimit else { throw .tooManySessions }
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

    /// Ends the connection: the device may come back when its token still counts.
    func close(_ code: WebSocketCloseCode, reason: String) {
        socket.close(code, reason: reason)
    }

    /// Reads from the device until its connection ends, then ends the sessions.
    func serve() async throws {
        do {
            for try await message in socket.messages {
                guard case .binary(let bytes) = message, let envelope = try? LinkEnvelope(parsing: bytes) else {
                    close(.policy, reason: "not a message of the device link")
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
