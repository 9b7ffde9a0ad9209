package enum WebhookEndpoints {
    package static let list = AdminEndpoint<NoParameters, NoQuery, NoContent, AdminPage<AdminWebhook>>(
        .get, "webhooks")
    package static let add = AdminEndpoint<NoParameters, NoQuery, AdminWebhook, AdminWebhook>(
        .post, "webhooks", status: 201)
    package static let remove = AdminEndpoint<String, NoQuery, NoContent, NoContent>(.delete, "webhooks/{id}")
    package static let test = AdminEndpoint<String, NoQuery, NoContent, AdminWebhookTest>(.post, "webhooks/{id}/test")
}

package enum AlarmEndpoints {
    package static let list = AdminEndpoint<NoParameters, AlarmQuery, NoContent, AdminPage<AdminAlarm>>(.get, "alarms")
    package static let acknowledge = AdminEndpoint<NumberText<Int64>, NoQuery, NoContent, AdminAlarm>(
        .post, "alarms/{id}/ack")
}

package struct AlarmQuery: PagedQuery {
    /// Also those that were acknowledged or have cleared.
    package var all = false
    package var after: String?
    package var limit: NumberText<Int>?

    package static var ownFields: [QueryField<Self>] { [.flag("all", \.all)] }

    package init() {}

    package init(all: Bool) { self.all = all }
}

/// The pairing window.
package enum PairingEndpoints {
    package static let show = AdminEndpoint<NoParameters, NoQuery, NoContent, AdminPairing>(.get, "pairing")
    package static let open = AdminEndpoint<NoParameters, NoQuery, AdminPairingRequest, AdminPairing>(
        .post, "pairing", status: 201)
    package static let close = AdminEndpoint<NoParameters, NoQuery, NoContent, NoContent>(.delete, "pairing")
}
