internal import AdminAPI
internal import Synchronization
internal import Transport
internal import WebSockets
internal import Wire

extension AdminClient {
    /// Opens the link to a device and runs `body` over it; the link is closed when that returns.
    func withLink<Value: Sendable>(
        _ deviceID: String, isConsole: Bool = false, _ body: @Sendable (WebSocket) async throws -> Value
    ) async throws -> Value {
        let socket: WebSocket
        let call = DeviceEndpoints.link(deviceID, query: DeviceLinkQuery(console: isConsole))
        do {
            socket = try await WebSocketClient.connect(
                endpoint, tls: tls, path: call.target, subprotocols: [LinkEnvelope.subprotocol],
                socketLimits: WebSocketLimits(messageBytes: LinkEnvelope.hubLimit))
        } catch let refusal as WebSocketClient.Refusal {
            throw Self.failure(refusal.response.status, refusal.response.body)
        } catch let error as TransportError {
            throw CommandFailure.unreachable(Self.advice(error, endpoint))
        }
        let result: Result<Value, any Error>
        do {
            result = .success(try await body(socket))
        } catch let error as WebSocketError {
            result = .failure(CommandFailure.failed("the link to \(deviceID) ended: \(error)"))
        } catch {
            result = .failure(error)
        }
        socket.close()
        await socket.closed()
        return try result.get()
    }
}

/// What comes from the device, one message after the other; pings of the session are answered on the way.
struct LinkMessages {
    private let socket: WebSocket
    private var messages: WebSocketMessages.Iterator

    init(_ socket: WebSocket) {
        self.socket = socket
        messages = socket.messages.makeAsyncIterator()
    }

    /// The next message; `nil` when the link was closed in order.
    ///
    /// - Throws: ``CommandFailure`` when hub or device end the session with an error.
    mutating func next() async throws -> LinkEnvelope? {
        while case .binary(let bytes)? = try await messages.next() {
            guard let envelope = try? LinkEnvelope(parsing: bytes) else {
                throw CommandFailure.failed("the device's message can't be read")
            }
            switch (envelope.proto, envelope.type) {
            case (.control, "ping"): try await socket.send(LinkEnvelope(.control, "pong"))
            case (.control, "error"): throw Self.failure(envelope)
            default: return envelope
            }
        }
        guard let code = socket.closeCode, code == .policy else { return nil }
        throw CommandFailure.failed("the hub ended the session: you may not use it any longer, or the hub restarts")
    }

    /// A device's or the hub's own word on what went wrong.
    static func failure(_ envelope: LinkEnvelope) -> CommandFailure {
        let text = (try? LinkBody.Failure(parsing: envelope.body).text) ?? ""
        return .failed(text.isEmpty ? "the device refused" : "the device refused: \(Terminal.plain(text))")
    }
}

/// The file protocol over a link.
struct LinkFiles: LinkChannel {
    private let socket: WebSocket
    private let patience: Patience
    private var messages: LinkMessages

    init(_ socket: WebSocket, _ patience: Patience) {
        self.socket = socket
        self.patience = patience
        messages = LinkMessages(socket)
    }

    func send(_ envelope: LinkEnvelope) async throws {
        try await socket.send(envelope)
    }

    mutating func next() async throws -> LinkEnvelope {
        while let envelope = try await messages.next() {
            patience.renew()
            guard envelope.proto == .files else { continue }
            if envelope.type == "error" { throw LinkMessages.failure(envelope) }
            return envelope
        }
        throw CommandFailure.failed("the device disconnected")
    }
}

/// How long a device may keep a command waiting.
final class Patience: Sendable {
    private static let limit = Duration.seconds(60)
    private let last = Mutex(ContinuousClock.now)

    /// The device said something.
    func renew() {
        last.withLock { $0 = .now }
    }

    /// Runs `body` beside a watch that closes the link of a device that says nothing for a minute.
    static func run<Value: Sendable>(
        _ socket: WebSocket, _ body: @escaping @Sendable (Patience) async throws -> Value
    ) async throws -> Value {
        let patience = Patience()
        return try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask { try await body(patience) }
            group.addTask {
                while patience.last.withLock({ ContinuousClock.now - $0 < limit }) {
                    try await Task.sleep(for: .seconds(1))
                }
                return nil
            }
            defer { group.cancelAll() }
            guard let first = try await group.next(), let value = first else {
                socket.close()
                throw CommandFailure.failed("the device did not answer")
            }
            return value
        }
    }
}

extension WebSocket {
    /// Sends a message of the device link.
    func send(_ envelope: LinkEnvelope) async throws {
        try await send(.binary(envelope.encoded()))
    }
}
