internal import AdminAPI
internal import Encoding
internal import HubHTTP
internal import Hummingbird
internal import Journal

extension AdminRoutes {
    func addAlarms(to group: RouterGroup<HubContext>) {
        group.serve(AlarmEndpoints.list) { request in
            let paging = try Paging(request.query)
            let alarms = try await journal.alarms(
                all: request.query.all, before: try paging.number(), limit: paging.limit)
            return AdminPage(
                items: alarms.map(AdminAlarm.init),
                after: alarms.count == paging.limit ? alarms.last.map { "\($0.id)" } : nil)
        }
        group.serve(AlarmEndpoints.acknowledge) { request in
            guard let id = request.parameters.number else {
                throw JournalError.unknownAlarm(String(request.parameters.text.prefix(20)))
            }
            return AdminAlarm(try await journal.acknowledgeAlarm(id, by: request.requester))
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
