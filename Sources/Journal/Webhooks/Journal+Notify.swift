internal import Encoding
internal import PKI
package import Store

extension Journal {
    /// Tells the webhooks of an event, in the transaction of what it tells of: told is what is durable, and nothing
    /// else.
    ///
    /// The queue is bounded in messages and bytes, and each receiver has an equal share of it: past that its oldest
    /// messages are dropped, of which it is told before all others, and an alarm is raised. Without a webhook this
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
        let share = try webhookShare(in: db)
        var surplus = 0
        for webhook in try WebhookStore.crowded(rows: share.rows, bytes: share.bytes, in: db) {
            let dropped = try WebhookStore.dropOldest(of: webhook, toRows: share.rows, bytes: share.bytes, in: db)
            try WebhookStore.lose(dropped, of: webhook, id: Self.messageID(), at: now(), in: db)
            surplus += dropped
        }
        guard surplus > 0 else { return }
        // Ends: the alarm is an event itself, but it is one only when it was not raised before.
        try raiseAlarm(
            .webhookOverflow, "queue", detail: "the oldest messages were dropped", occurrences: surplus, in: db)
    }

    /// What may wait for one receiver.
    func webhookShare(in db: Database) throws -> (rows: Int, bytes: Int64) {
        let count = max(1, try WebhookStore.count(in: db))
        return (max(1, limits.webhookQueue / count), max(1, limits.webhookBytes / Int64(count)))
    }

    /// A message that belongs to no event and no queue, to try a receiver.
    package func testMessage(for webhook: Webhook) -> WebhookMessage {
        WebhookMessage(number: 0, id: Self.messageID(), event: "test", at: now(), subject: webhook.id, detail: "{}")
    }

    static func messageID() -> String {
        "msg_" + Hex.encode(SecureRandom.bytes(16))
    }
}
