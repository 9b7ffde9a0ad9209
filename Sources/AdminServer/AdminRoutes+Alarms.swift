internal import AdminAPI
internal import Encoding
internal import HubHTTP
internal import Hummingbird
internal import Registry

extension AdminRoutes {
    func addAlarms(to group: RouterGroup<HubContext>) {
        group.get("alarms") { request, _ in
            let paging = try Paging(request)
            let alarms = try await registry.journal.alarms(
                all: request.uri.queryParameters.get("all") == "true", before: try paging.number(),
                limit: paging.limit)
            return try JSONBody.encode(
                AdminPage(
                    items: alarms.map(AdminAlarm.init),
                    after: alarms.count == paging.limit ? alarms.last.map { "\($0.id)" } : nil))
        }
        group.post("alarms/:id/ack") { _, context in
            let text = try context.pathParameter("id")
            guard let id = Int64(text) else { throw NoticeError.unknownAlarm(String(text.prefix(20))) }
            return try JSONBody.encode(
                AdminAlarm(try await registry.journal.acknowledgeAlarm(id, by: context.peer.requester)))
        }
    }
}

extension AdminAlarm {
    init(_ alarm: Alarm) {
        self.init(
            id: alarm.id, kind: alarm.kind.rawValue, subject: alarm.subject, detail: alarm.detail,
            firstSeen: RFC3339.text(alarm.firstSeen), lastSeen: RFC3339.text(alarm.lastSeen), count: alarm.count,
            acknowledgedAt: alarm.acknowledgedAt.map(RFC3339.text), acknowledgedBy: alarm.acknowledgedBy,
            clearedAt: alarm.clearedAt.map(RFC3339.text))
    }
}
