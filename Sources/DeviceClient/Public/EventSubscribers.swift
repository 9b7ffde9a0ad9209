internal import Synchronization

/// Hands each event to everybody who listens.
final class EventSubscribers: Sendable {
    private struct State {
        var next = 0
        var listeners: [Int: AsyncStream<DeviceEvent>.Continuation] = [:]
    }

    private let state = Mutex(State())

    /// Keeps the latest 256 events for a reader that is slow.
    func subscribe() -> AsyncStream<DeviceEvent> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: DeviceEvent.self, bufferingPolicy: .bufferingNewest(256))
        let number = state.withLock { state in
            state.next += 1
            state.listeners[state.next] = continuation
            return state.next
        }
        continuation.onTermination = { [weak self] _ in
            _ = self?.state.withLock { $0.listeners.removeValue(forKey: number) }
        }
        return stream
    }

    func send(_ event: DeviceEvent) {
        let listeners = state.withLock { Array($0.listeners.values) }
        for listener in listeners { listener.yield(event) }
    }

    /// Ends all sequences; what they hold can still be read.
    func end() {
        let listeners = state.withLock { Array($0.listeners.values) }
        for listener in listeners { listener.finish() }
    }

    deinit {
        end()
    }
}
