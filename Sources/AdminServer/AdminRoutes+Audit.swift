internal import AdminAPI
internal import Encoding
internal import HubHTTP
internal import Hummingbird
internal import Journal

extension AdminRoutes {
    func addAudit(to group: RouterGroup<HubContext>) {
        group.serve(AuditEndpoints.list) { request in
            let page = try await journal.auditPage(try auditQuery(request.query))
            return AdminPage(items: page.events.map(AdminAuditEvent.init), after: page.next.map { "\($0)" })
        }
        group.serve(AuditEndpoints.verify) { _ in
            switch try await journal.verifyAudit() {
            case .intact(let count, let pruned):
                AdminVerdict(
                    isGood: true,
                    findings: [
                        "\(count) events\(pruned > 0 ? " from number \(pruned + 1) on" : ""), none altered or missing"
                    ])
            case .broken(_, let reason):
                AdminVerdict(isGood: false, findings: [reason])
            }
        }
    }

    func addAuditPruning(to group: RouterGroup<HubContext>) {
        group.serve(AuditEndpoints.prune) { request in
            let text = try await request.body().before
            let moment = try moment(text, as: "before")
            guard moment <= journal.now() else {
                throw AdminError.badRequest("before must not lie in the future")
            }
            let done = try await journal.pruneAudit(before: moment, by: request.requester)
            return AdminAuditPruned(
                removed: done.removed, first: done.first, before: RFC3339.text(moment), hasMore: done.hasMore)
        }
    }

    private func moment(_ text: String, as name: String) throws -> Int64 {
        guard let moment = TimeSpan.moment(text, now: journal.now()) else {
            throw AdminError.badRequest(
                "\(name) must be a time such as 2027-01-31T12:00:00Z, a day, or a span such as 15m")
        }
        return moment
    }

    private func auditQuery(_ request: AdminAuditQuery) throws -> AuditQuery {
        let paging = try Paging(request)
        var query = AuditQuery(
            .newestFirst(before: try paging.number()), subject: request.subject, action: request.action,
            limit: paging.limit)
        if let text = request.newerThan {
            guard let number = text.number, number >= 0 else {
                throw AdminError.badRequest("newerThan must be the number of an event, or 0")
            }
            query.order = .oldestFirst(after: number)
        }
        query.since = try request.since.map { try moment($0, as: "since") }
        return query
    }
}

extension AdminAuditEvent {
    init(_ event: AuditEvent) {
        self.init(
            sequence: event.sequence, at: RFC3339.text(event.at), requester: event.requester.name,
            address: event.requester.address, action: event.action, subject: event.subject,
            detail: Self.members(event.detail))
    }

    /// A line that another hand altered may hold anything.
    private static func members(_ text: String) -> [String: String] {
        guard let members = (try? JSONValue(parsing: Array(text.utf8)))?.members else { return ["unreadable": text] }
        return Dictionary(members.map { ($0.name, $0.value.string ?? "") }) { _, last in last }
    }
}
