internal import Synchronization
internal import WebSockets
internal import Wire

/// What waits to be sent to one device. Nobody waits for a device that takes nothing: its link ends
/// (docs/protocols/device-link.md 14).
final class LinkOutbox: Sendable {
    private struct Waiting {
        var frames = 0
        var bytes = 0
    }

    private let socket: WebSocket
    private let waiting = Mutex(Waiting())

    init(_ socket: WebSocket) {
        self.socket = socket
    }

    /// Sends a frame; returns when it has left, so that a slow device slows the sender.
    ///
    /// - Throws: `WebSocketError`.
    func deliver(_ frame: PhoenixFrame) async throws {
        try await socket.send(.text(frame.encoded()))
    }

    /// Sends a frame; `false` when too much waits already, and the link ends.
    @discardableResult func send(_ frame: PhoenixFrame) -> Bool {
        let text = frame.encoded()
        let size = text.utf8.count
        let hasRoom = waiting.withLock { waiting in
            guard waiting.frames < LinkLimits.waitingFrames, waiting.bytes + size <= LinkLimits.waitingBytes else {
                return false
            }
            waiting.frames += 1
            waiting.bytes += size
            return true
        }
        guard hasRoom else {
            socket.close(.tryAgainLater, reason: "the device takes nothing")
            return false
        }
        socket.post(.text(text)) { [self] in
            waiting.withLock { waiting in
                waiting.frames -= 1
                waiting.bytes -= size
            }
        }
        return true
    }
}
