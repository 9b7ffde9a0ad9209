internal import AdminAPI
internal import AdminServer
internal import Journal
internal import Rooms
internal import Transport
internal import WebhookDelivery

/// Tries a receiver at an operator's wish: beside the queue, at once, and once.
struct WebhookTest: WebhookTester {
    let hub: Hub

    /// Throws `JournalError.unknownWebhook`; a receiver that fails is an outcome, not an error.
    func test(_ id: String, by requester: Requester) async throws -> AdminWebhookTest {
        let delivery = try await hub.rooms.journal.testDelivery(to: id, by: requester)
        do {
            try await WebhookSender(now: hub.rooms.journal.now).send(delivery).close()
            return AdminWebhookTest(isDelivered: true, message: delivery.message.id, error: nil)
        } catch let failure as WebhookFailure {
            return AdminWebhookTest(isDelivered: false, message: delivery.message.id, error: failure.reason)
        }
    }
}
