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
        group.serve(WebhookEndpoints.add) { request in
            let (webhook, secret) = try await journal.addWebhook(
                try Self.newWebhook(try await request.body()), by: request.requester)
            var view = AdminWebhook(webhook)
            view.secret = secret?.text
            return view
        }
        group.serve(WebhookEndpoints.remove) { request in
            try await journal.removeWebhook(request.parameters, by: request.requester)
        }
        group.serve(WebhookEndpoints.test) { request in
            try await hub.webhooks.test(request.parameters, by: request.requester)
        }
    }

    private static func newWebhook(_ request: AdminWebhook) throws -> NewWebhook {
        var events: [NotificationEvent] = []
        for word in request.events ?? [] {
            guard let event = NotificationEvent(rawValue: word) else {
                let known = NotificationEvent.allCases.map(\.rawValue).joined(separator: ", ")
                throw AdminError.badRequest("an event is one of \(known)")
            }
            if !events.contains(event) { events.append(event) }
        }
        return NewWebhook(
            url: request.url, events: events, secret: request.secret, authorityPEM: request.authorityPEM,
            allowsHTTP: request.allowHTTP ?? false)
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
