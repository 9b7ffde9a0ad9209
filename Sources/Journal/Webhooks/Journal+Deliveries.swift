internal import Foundation
internal import PKI
internal import Store

/// The queue from the side of the deliverer. Each receiver has an order of its own: only its first message is ever
/// tried.
extension Journal {
    /// Receivers that have something to be told now.
    package func dueWebhooks() async throws -> [String] {
        let now = now()
        return try await store.lookUp { db in
            try WebhookStore.due(at: now, furthest: now + 2 * WebhookBackOff.longest, in: db)
        }
    }

    /// The first message of a receiver; `nil` when none waits or the receiver is gone. What it lost is told before all
    /// else.
    package func nextDelivery(of id: String) async throws -> WebhookDelivery? {
        if try await store.lookUp({ db in try WebhookStore.loss(of: id, in: db) }) != nil {
            return try await store.write { [self] db in
                guard let loss = try WebhookStore.loss(of: id, in: db) else { return nil }
                try WebhookStore.markLossTried(loss.id, of: id, in: db)
                return try delivery(of: loss, to: id, in: db)
            }
        }
        return try await store.read { [self] db in
            guard let message = try WebhookStore.next(of: id, in: db) else { return nil }
            return try delivery(of: message, to: id, in: db)
        }
    }

    /// A message of the caller's for one receiver.
    ///
    /// - Throws: ``JournalError/unknownWebhook(_:)``.
    package func testDelivery(to id: String, by requester: Requester) async throws -> WebhookDelivery {
        let message = testMessage(for: try await webhook(id))
        return try await store.write { [self] db in
            guard let delivery = try delivery(of: message, to: id, in: db) else {
                throw JournalError.unknownWebhook(id)
            }
            try audit("webhook.test", id, by: requester, in: db)
            return delivery
        }
    }

    /// Takes a message that was delivered out of the queue.
    package func delivered(_ delivery: WebhookDelivery) async throws {
        try await store.write { [self] db in
            if delivery.message.lost > 0 {
                try WebhookStore.told(delivery.message.lost, of: delivery.webhook.id, in: db)
            } else {
                try WebhookStore.remove(message: delivery.message.number, in: db)
            }
            try WebhookStore.succeed(delivery.webhook.id, at: now(), in: db)
            try clearAlarm(.webhookFailing, delivery.webhook.id, in: db)
        }
    }

    /// Notes that a message was not taken. The receiver is left alone for a time that grows; what it was not told for a
    /// day is dropped, once it has taken nothing for a day, and an alarm is raised.
    ///
    /// - Parameters:
    ///   - reason: one line for the operator; nothing the receiver wrote.
    ///   - chance: 0 to 1, for the length of the pause.
    package func deliveryFailed(_ delivery: WebhookDelivery, reason: String, chance: Double) async throws {
        try await store.write { [self] db in
            let id = delivery.webhook.id
            guard let webhook = try WebhookStore.find(id, in: db) else { return }
            let pause = WebhookBackOff.seconds(failures: webhook.failures + 1, chance: chance)
            let since = try WebhookStore.fail(id, reason: reason, notBefore: now() + pause, at: now(), in: db)
            // By the slow time: a clock that jumps forward must not cost messages.
            let patience = slowTime - WebhookLimits.patienceSeconds
            guard since <= patience else { return }
            let dropped = try WebhookStore.drop(of: id, before: patience, in: db)
            guard dropped > 0 else { return }
            try WebhookStore.lose(dropped, of: id, id: Self.messageID(), at: now(), in: db)
            try raiseAlarm(
                .webhookFailing, id, detail: "messages it did not take for a day were dropped", occurrences: dropped,
                in: db)
        }
    }

    private func delivery(of message: WebhookMessage, to id: String, in db: Database) throws -> WebhookDelivery? {
        guard let webhook = try WebhookStore.find(id, in: db), let sealed = try WebhookStore.sealedSecret(id, in: db)
        else { return nil }
        let bytes = try webhookKey.open(sealed, context: Array(id.utf8))
        return WebhookDelivery(webhook: webhook, secret: WebhookSecret(bytes: bytes), message: message)
    }
}
