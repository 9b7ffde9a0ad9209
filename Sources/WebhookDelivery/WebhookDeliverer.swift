package import Journal
package import Logging
internal import ServiceLifecycle
internal import Synchronization
internal import Transport

/// Empties the queue of the webhooks. Receivers are called side by side, each in its own order, so that one that is
/// slow or gone holds up no other. A message is taken out of the queue only after it was taken: one may arrive twice,
/// with the same ID, when the hub stops in between.
package struct WebhookDeliverer: Service {
    private let journal: Journal
    private let sender: WebhookSender
    private let logger: Logger
    private let chance: @Sendable () -> Double

    /// - Parameter chance: 0 to 1, for the length of pauses.
    package init(
        journal: Journal, sender: WebhookSender, logger: Logger,
        chance: @escaping @Sendable () -> Double = { .random(in: 0...1) }
    ) {
        self.journal = journal
        self.sender = sender
        self.logger = logger
        self.chance = chance
    }

    /// How long an event may lie before it is noticed.
    private static let look: Duration = .milliseconds(500)
    /// Messages for one receiver before it is looked at again whether it is still there.
    private static let run = 256

    package func run() async throws {
        let busy = BusyReceivers()
        // The only error is the cancellation that ends a pause, which is how this is meant to end.
        try? await cancelWhenGracefulShutdown {
            try await withThrowingDiscardingTaskGroup { group in
                while !Task.isCancelled {
                    for id in await due() where busy.begin(id) {
                        group.addTask {
                            await empty(id)
                            busy.end(id)
                        }
                    }
                    try await Task.sleep(for: Self.look)
                }
            }
        }
    }

    /// One look at every receiver that is due; returns when each has all its messages or has failed.
    package func round() async {
        await withDiscardingTaskGroup { group in
            for id in await due() { group.addTask { await empty(id) } }
        }
    }

    private func due() async -> [String] {
        do {
            return try await journal.dueWebhooks()
        } catch {
            logger.error("queue of webhooks can't be read", metadata: ["error": "\(error)"])
            return []
        }
    }

    /// Delivers what waits for one receiver until nothing does or it takes no more.
    private func empty(_ id: String) async {
        var connection: HTTPConnection?
        defer { connection?.close() }
        do {
            for _ in 0..<Self.run {
                guard let delivery = try await journal.nextDelivery(of: id) else { return }
                do {
                    connection = try await sender.send(delivery, over: connection)
                } catch let failure as WebhookFailure {
                    logger.info(
                        "webhook failed", metadata: ["webhook.id": "\(id)", "error": "\(failure.reason)"])
                    return try await journal.deliveryFailed(delivery, reason: failure.reason, chance: chance())
                }
                try await journal.delivered(delivery)
            }
        } catch is CancellationError {
            // The hub stops; the message stays where it is.
        } catch {
            logger.error("webhook can't be served", metadata: ["webhook.id": "\(id)", "error": "\(error)"])
        }
    }
}

/// Receivers that are being called: each by one task at a time, which keeps the order.
private final class BusyReceivers: Sendable {
    private let ids = Mutex<Set<String>>([])

    /// False when another task has it.
    func begin(_ id: String) -> Bool {
        ids.withLock { $0.insert(id).inserted }
    }

    func end(_ id: String) {
        ids.withLock { _ = $0.remove(id) }
    }
}
