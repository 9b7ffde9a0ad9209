internal import ServiceLifecycle
internal import Synchronization

/// Keeps what the listeners know of the networks current: looks when a listener meets somebody it knows nothing of,
/// with a pause between two looks, whatever strangers do. Nobody who accepts connections waits for it.
package final class NetworkWatch: Service {
    private struct State {
        var view = NetworkView()
        var lookedAt: ContinuousClock.Instant?
        var listeners: [ListenerAdmission] = []
    }

    private let look: @Sendable () -> NetworkView
    private let pause: Duration
    private let state = Mutex(State())
    private let requests: AsyncStream<Void>
    private let ask: AsyncStream<Void>.Continuation

    /// - Parameters:
    ///   - pause: between two looks for listeners; what is older is not believed where it decides about guesses.
    ///   - look: reads what there is.
    package init(
        pause: Duration = .seconds(2),
        look: @escaping @Sendable () -> NetworkView = { NetworkView.current() }
    ) {
        self.pause = pause
        self.look = look
        (requests, ask) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Looks whenever it was asked to, until the service group shuts down.
    package func run() async throws {
        // The only error is the cancellation that ends a pause, which is how this is meant to end.
        try? await cancelWhenGracefulShutdown { [self] in
            for await _ in requests {
                await refresh()
                try await Task.sleep(for: pause)
            }
        }
    }

    /// Looks now, and tells the listeners.
    package func refresh() async {
        let view = (try? await BlockingWork.run(look)) ?? NetworkView()
        let listeners = state.withLock { state in
            state.view = view
            state.lookedAt = ContinuousClock.now
            return state.listeners
        }
        for listener in listeners { listener.update(view) }
    }

    /// A name for the machine that has an address, the same for all its addresses (``NetworkView/machine(at:)``); `nil`
    /// for one that is not a neighbour.
    ///
    /// What is known of a neighbour is read anew unless it is fresh: a peer that has just connected is in the kernel's
    /// table, and with what was known before, one machine would be two. That takes as long as the kernel needs to write
    /// its table: not for an event loop.
    package func machine(at text: String) -> String? {
        guard let address = SourceAddress(text: String(text.prefix { $0 != "%" })) else { return nil }
        let (known, lookedAt) = state.withLock { ($0.view, $0.lookedAt) }
        let isFresh = lookedAt.map { ContinuousClock.now - $0 < pause } ?? false
        if isFresh, known.own.contains(address) || known.links[address] != nil || !known.isOnLink(address) {
            return known.machine(at: address)
        }
        let view = look()
        state.withLock { state in
            state.view = view
            state.lookedAt = ContinuousClock.now
        }
        return view.machine(at: address)
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
