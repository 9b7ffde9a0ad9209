internal import Encoding

/// One message of the queue: an event for one receiver.
package struct WebhookMessage: Sendable, Equatable {
    /// Place in the queue.
    package let number: Int64
    /// Same for all receivers and all tries: a receiver knows by it what it has seen.
    package let id: String
    /// Word of ``NotificationEvent``, or `test`, or `lost` for one that tells of others that were dropped.
    package let event: String
    /// When it happened, Unix seconds.
    package let at: Int64
    /// What it happened to: a device ID, a serial.
    package let subject: String
    /// More, as a JSON object of strings.
    package let detail: String

    /// How many lost messages this one tells of; 0 for any other.
    package var lost = 0

    /// What is sent: `{"id":…,"event":…,"at":…,"subject":…,"detail":{…}}`, the same bytes at every try.
    package var body: [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("id", id)
            writer.member("event", event)
            writer.member("at", RFC3339.text(at))
            writer.member("subject", subject)
            writer.name("detail")
            let members = (try? JSONValue(parsing: Array(detail.utf8))) ?? .object([])
            members.write(to: &writer)
        }
        return writer.bytes
    }
}

extension WebhookMessage {
    /// Tells a receiver that messages were dropped before it took them.
    ///
    /// - Parameter at: when the first of them was dropped, Unix seconds.
    init(lost count: Int, id: String, at: Int64, webhook: String) {
        self.init(
            number: 0, id: id, event: "lost", at: at, subject: webhook,
            detail: JSONObjectText.encode(["count": "\(count)"]), lost: count)
    }
}

/// The next message of a receiver, with all that is needed to send it.
package struct WebhookDelivery: Sendable {
    package let webhook: Webhook
    package let secret: WebhookSecret
    package let message: WebhookMessage
}
