internal import Encoding
internal import Foundation
internal import PKI
internal import Store
internal import Wire

extension Journal {
    /// All webhooks, oldest first.
    package func webhooks() async throws -> [Webhook] {
        try await store.read { db in try WebhookStore.all(in: db) }
    }

    /// The webhook of that ID.
    ///
    /// - Throws: ``JournalError/unknownWebhook(_:)``.
    package func webhook(_ id: String) async throws -> Webhook {
        guard let webhook = try await store.read({ db in try WebhookStore.find(id, in: db) }) else {
            throw JournalError.unknownWebhook(id)
        }
        return webhook
    }

    /// Adds a receiver of events.
    ///
    /// - Returns: the webhook, and its secret when it was made here: there is no other way to learn it.
    /// - Throws: ``JournalError/invalidWebhook(reason:)``, ``JournalError/tooManyWebhooks(limit:)``.
    package func addWebhook(
        _ new: NewWebhook, by requester: Requester
    ) async throws -> (webhook: Webhook, madeSecret: WebhookSecret?) {
        let target = try WebhookTarget(new.url, allowsHTTP: new.allowsHTTP)
        try Self.check(authority: new.authorityPEM)
        let given = try new.secret.map { text throws(JournalError) in try WebhookSecret(text) }
        let secret = given ?? WebhookSecret.random()
        var complete = new
        complete.events = new.events.isEmpty ? NotificationEvent.allCases : new.events
        let id = Hex.encode(SecureRandom.bytes(6))
        let sealed = webhookKey.seal(secret.bytes, context: Array(id.utf8))
        try await store.write { [self, complete] db in
            guard try WebhookStore.count(in: db) < WebhookLimits.count else {
                throw JournalError.tooManyWebhooks(limit: WebhookLimits.count)
            }
            store.absences.forget(WebhookStore.name)
            try WebhookStore.insert(complete, id: id, sealed: sealed, at: now(), in: db)
            // The host alone: paths of receivers often hold a token.
            try audit("webhook.add", id, by: requester, detail: ["host": target.location.host], in: db)
        }
        return (try await webhook(id), given == nil ? secret : nil)
    }

    /// Removes a webhook and what waits for it.
    ///
    /// - Throws: ``JournalError/unknownWebhook(_:)``.
    package func removeWebhook(_ id: String, by requester: Requester) async throws {
        try await store.write { [self] db in
            guard try WebhookStore.remove(id, in: db) else { throw JournalError.unknownWebhook(id) }
            try audit("webhook.remove", id, by: requester, in: db)
            try clearAlarm(.webhookFailing, id, in: db)
        }
    }

    private static func check(authority pem: String?) throws(JournalError) {
        guard let pem else { return }
        guard pem.utf8.count <= WebhookLimits.authorityBytes else {
            throw .invalidWebhook(reason: "a CA file has at most \(WebhookLimits.authorityBytes) bytes")
        }
        guard let certificates = try? Certificate.all(inPEM: pem), !certificates.isEmpty else {
            throw .invalidWebhook(reason: "the CA file holds no certificate")
        }
    }
}
