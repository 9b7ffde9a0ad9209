internal import ServiceLifecycle
internal import Synchronization

/// Keeps what the listeners know of the networks current: looks when a listener meets somebody it knows nothing of,
/// with a pause between two looks, whatever strangers do. Nobody who accepts connections waits for it.
package final class NetworkWatch: Service {
    private struct State {
        var view = NetworkView()
        var listeners: [ListenerAdmission] = []
    }

    private let look: @Sendable () async -> NetworkView
    private let pause: Duration
    private let state = Mutex(State())
    private let asked: AsyncStream<Void>
    private let ask: AsyncStream<Void>.Continuation

    /// - Parameters:
    ///   - pause: between two looks.
    ///   - look: reads what there is.
    package init(
        pause: Duration = .seconds(2),
        look: @escaping @Sendable () async -> NetworkView = {
            (try? await BlockingWork.run { NetworkView.current() }) ?? NetworkView()
        }
    ) {
        self.pause = pause
        self.look = look
        (asked, ask) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Looks whenever it was asked to, until the service group shuts down.
    package func run() async throws {
        // The only error is the cancellation that ends a pause, which is how this is meant to end.
        try? await cancelWhenGracefulShutdown { [self] in
            for await _ in asked {
                await refresh()
                try await Task.sleep(for: pause)
            }
        }
    }

    /// Looks now, and tells the listeners.
    package func refresh() async {
        let view = await look()
        let listeners = state.withLock { state in
            state.view = view
            return state.listeners
        }
        for listener in listeners { listener.update(view) }
    }

    /// Somebody came of whom nothing is known. Returns at once.
    func request() {
        ask.yield()
    }

    /// Tells the listener from now on.
    func add(_ listener: ListenerAdmission) {
        let view = state.withLock { state in
            state.listeners.append(listener)
            return state.view
        }
        listener.update(view)
    }
}
