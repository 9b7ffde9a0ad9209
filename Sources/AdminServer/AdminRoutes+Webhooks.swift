internal import AdminAPI
internal import Encoding
internal import HubHTTP
internal import Hummingbird
internal import Journal

extension AdminRoutes {
    func addWebhooks(to group: RouterGroup<HubContext>) {
        group.serve(WebhookEndpoints.list) { _ in
            let webhooks = try await journal.webhooks().map(AdminWebhook.init)
            return AdminPage(items: webhooks, after: nil)
        }
        group.serve(WebhookEndpoints.add) { asked in
            let (webhook, secret) = try await journal.addWebhook(
                try Self.newWebhook(try await asked.body()), by: asked.requester)
            var view = AdminWebhook(webhook)
            view.secret = secret?.text
            return view
        }
        group.serve(WebhookEndpoints.remove) { asked in
            try await journal.removeWebhook(asked.parameters, by: asked.requester)
        }
        group.serve(WebhookEndpoints.test) { asked in
            try await hub.webhooks.test(asked.parameters, by: asked.requester)
        }
    }

    private static func newWebhook(_ asked: AdminWebhook) throws -> NewWebhook {
        var events: [NotificationEvent] = []
        for word in asked.events ?? [] {
            guard let event = NotificationEvent(rawValue: word) else {
                let known = NotificationEvent.allCases.map(\.rawValue).joined(separator: ", ")
                throw AdminError.badRequest("an event is one of \(known)")
            }
            if !events.contains(event) { events.append(event) }
        }
        return NewWebhook(
            url: asked.url, events: events, secret: asked.secret, authorityPEM: asked.authorityPEM,
            allowsHTTP: asked.allowHTTP ?? false)
    }
}

extension AdminWebhook {
    init(_ webhook: Webhook) {
        self.init(
            url: webhook.url, events: webhook.events.map(\.rawValue), authorityPEM: webhook.authorityPEM,
            allowHTTP: webhook.allowsHTTP)
        id = webhook.id
        createdAt = RFC3339.text(webhook.createdAt)
        queued = webhook.queued
        failures = webhook.failures
        nextTry = webhook.failures > 0 ? RFC3339.text(webhook.notBefore) : nil
        lastDelivered = webhook.lastDelivered.map(RFC3339.text)
        lastError = webhook.lastError
    }
}
