internal import Synchronization

/// Announces one service on the local network for as long as it runs, whatever happens to Avahi, D-Bus or the network.
///
/// ```
/// let publisher = ServicePublisher(ServiceDescription(name: "idprov", type: "_idprov._tcp", port: 43776, txt: txt))
/// try await publisher.run()      // until cancelled
/// ```
///
/// Without bus or daemon it tries again every second; with a bus it waits without polling until the daemon appears.
package final class ServicePublisher: Sendable {
    /// Told when the service became visible (`service.name`) and when trouble keeps it from it (`reason`): a constant
    /// message and the data that goes with it, once per change. ``changes`` has the steps between as well.
    package typealias Log = @Sendable (_ message: String, _ metadata: [String: String]) -> Void

    private struct Shared {
        var service: ServiceDescription
        var state = PublicationState.waiting(reason: "not started")
        var listeners: [Int: AsyncStream<PublicationState>.Continuation] = [:]
        var listenersEver = 0
        var control: LoopControl?
    }

    private let shared: Mutex<Shared>
    private let log: Log

    /// Nothing happens before ``run()``.
    package init(_ service: ServiceDescription, logger: @escaping Log = { _, _ in }) {
        shared = Mutex(Shared(service: service))
        log = logger
    }

    /// What the network sees at this moment.
    package var state: PublicationState { shared.withLock { $0.state } }

    /// The present state and every later one, a stream of its own for each reader. A reader that lags more than 16
    /// changes behind loses the oldest (`bufferingNewest(16)`).
    package var changes: AsyncStream<PublicationState> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: PublicationState.self, bufferingPolicy: .bufferingNewest(16))
        let number = shared.withLock { shared in
            shared.listenersEver += 1
            shared.listeners[shared.listenersEver] = continuation
            continuation.yield(shared.state)
            return shared.listenersEver
        }
        continuation.onTermination = { [weak self] _ in
            _ = self?.shared.withLock { $0.listeners.removeValue(forKey: number) }
        }
        return stream
    }

    /// Announces something else from now on. The record is away from the network for about a second meanwhile.
    package func update(_ service: ServiceDescription) {
        let control = shared.withLock { shared in
            shared.service = service
            return shared.control
        }
        control?.wake()
    }

    /// Publishes until the task is cancelled, then withdraws the record. One run at a time.
    ///
    /// - Throws: `CancellationError` at the end; ``DiscoveryError/system(operation:code:)`` if there is no thread to be
    ///   had.
    package func run() async throws {
        let control = try LoopControl()
        let (life, lifeEnds) = AsyncStream.makeStream(of: Never.self)
        let (farewell, farewellEnds) = AsyncStream.makeStream(of: Never.self)
        shared.withLock { $0.control = control }
        try AvahiThread.start { [self] in
            PublisherLoop(publisher: self, control: control).run()
            lifeEnds.finish()
            farewellEnds.finish()
        }
        for await _ in life {}
        control.stop()
        // This task is cancelled and cannot wait any more, so one of its own waits until the record is withdrawn: at
        // most a second, because a hanging daemon must not keep the hub from ending. The thread then ends by itself
        // later.
        await Task { await Self.wait(for: farewell, atMost: .seconds(1)) }.value
        shared.withLock { $0.control = nil }
        show(.waiting(reason: "stopped"))
        try Task.checkCancellation()
    }

    private static func wait(for end: AsyncStream<Never>, atMost limit: Duration) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { for await _ in end {} }
            group.addTask { try? await Task.sleep(for: limit) }
            await group.next()
            group.cancelAll()
        }
    }

    /// What the loop is to announce.
    var wished: ServiceDescription { shared.withLock { $0.service } }

    /// Tells everybody who listens, if it is news.
    func show(_ state: PublicationState, isTrouble: Bool = false) {
        let isNews = shared.withLock { shared in
            guard shared.state != state else { return false }
            shared.state = state
            for continuation in shared.listeners.values { continuation.yield(state) }
            return true
        }
        guard isNews else { return }
        switch state {
        case .established(let name): log("service published", ["service.name": name])
        case .waiting(let reason) where isTrouble: log("service not visible on the network", ["reason": reason])
        case .waiting: break
        }
    }
}
