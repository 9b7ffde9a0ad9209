internal import AdminAPI
internal import Encoding
internal import HubHTTP
internal import Hummingbird
internal import Registry

extension AdminRoutes {
    func addWebhooks(to group: RouterGroup<HubContext>) {
        group.get("webhooks") { _, _ in
            let webhooks = try await registry.journal.webhooks().map(AdminWebhook.init)
            return try JSONBody.encode(AdminPage(items: webhooks, after: nil))
        }
        group.post("webhooks") { request, context in
            let asked = try await JSONBody.decode(AdminWebhook.self, from: request)
            let (webhook, secret) = try await registry.journal.addWebhook(
                try Self.newWebhook(asked), by: context.peer.requester)
            var view = AdminWebhook(webhook)
            view.secret = secret?.text
            return try JSONBody.encode(view, status: .created)
        }
        group.delete("webhooks/:id") { _, context in
            try await registry.journal.removeWebhook(context.pathParameter("id"), by: context.peer.requester)
            return Response(status: .noContent)
        }
        group.post("webhooks/:id/test") { _, context in
            try JSONBody.encode(
                try await operation.testWebhook(context.pathParameter("id"), context.peer.requester))
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
