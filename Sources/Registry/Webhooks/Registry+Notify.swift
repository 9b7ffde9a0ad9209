package import GRDB
internal import PKI
internal import Store

extension Registry {
    /// Tells the webhooks of an event, in the transaction of what it tells of: told is what is durable, and nothing else.
    ///
    /// The queue is bounded; past the bound the oldest messages are dropped and an alarm is raised. Without a webhook this
    /// costs nothing, without one that wants the event one look-up.
    /// - Parameters:
    ///   - subject: what it happened to: a device ID, a serial.
    ///   - detail: more about it, as names and values; never a secret.
    package func notify(
        _ event: NotificationEvent, _ subject: String, detail: KeyValuePairs<String, String> = [:], in db: Database
    ) throws {
        guard try !store.absences.isAbsent(WebhookStore.name, in: db, unless: { try WebhookStore.count(in: db) > 0 }),
            try WebhookStore.isWanted(event, in: db)
        else { return }
        try WebhookStore.enqueue(
            event, id: Self.messageID(), at: now(), subject: subject, detail: JSONObjectText.encode(detail), in: db)
        let surplus = try WebhookStore.queued(in: db) - limits.webhookQueue
        guard surplus > 0 else { return }
        try WebhookStore.dropOldest(surplus, in: db)
        // Ends: the alarm is an event itself, but it is one only when it was not raised before.
        try raiseAlarm(
            .webhookOverflow, "queue", detail: "the oldest messages were dropped", occurrences: surplus, in: db)
    }

    /// A message that belongs to no event and no queue, to try a receiver.
    package func testMessage(for webhook: Webhook) -> WebhookMessage {
        WebhookMessage(number: 0, id: Self.messageID(), event: "test", at: now(), subject: webhook.id, detail: "{}")
    }

    private static func messageID() -> String {
        "msg_" + Hex.encode(SecureRandom.bytes(16))
    }
}
