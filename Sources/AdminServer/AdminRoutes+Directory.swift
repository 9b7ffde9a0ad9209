internal import AdminAPI
internal import Encoding
internal import HubHTTP
internal import Hummingbird
internal import Journal
internal import People
internal import Reach

extension AdminRoutes {
    func addServices(to group: RouterGroup<HubContext>) {
        group.serve(ServiceEndpoints.list) { _ in
            let services = try await reach.services().map {
                AdminService(name: $0.name, url: $0.url, ou: $0.ou)
            }
            return AdminPage(items: services, after: nil)
        }
        group.serve(ServiceEndpoints.add) { asked in
            let service = try await asked.body()
            try await reach.addService(
                ServiceEntry(name: service.name, url: service.url, ou: service.ou), by: asked.requester)
            return service
        }
        group.serve(ServiceEndpoints.remove) { asked in
            try await reach.removeService(asked.parameters, by: asked.requester)
        }
    }

    func addUsers(to group: RouterGroup<HubContext>) {
        group.serve(UserEndpoints.list) { _ in
            let users = try await people.users().map { user in
                AdminUser(name: user.name, role: user.role.rawValue, createdAt: RFC3339.text(user.createdAt))
            }
            return AdminPage(items: users, after: nil)
        }
        group.serve(UserEndpoints.add) { asked in
            let user = try await asked.body()
            let role = try Self.role(user)
            try await people.addUser(
                user.name, role: role, password: user.password ?? "", by: asked.requester)
            return AdminUser(name: user.name, role: role.rawValue)
        }
        group.serve(UserEndpoints.setPassword) { asked in
            let user = try await asked.body()
            try await people.setPassword(asked.parameters, password: user.password ?? "", by: asked.requester)
        }
        group.serve(UserEndpoints.setRole) { asked in
            let user = try await asked.body()
            try await people.setRole(asked.parameters, try Self.role(user), by: asked.requester)
        }
        group.serve(UserEndpoints.remove) { asked in
            try await people.removeUser(asked.parameters, by: asked.requester)
        }
    }

    private static func role(_ user: AdminUser) throws -> UserRole {
        guard let role = UserRole(rawValue: user.role ?? "") else {
            throw AdminError.badRequest("role must be viewer, operator or admin")
        }
        return role
    }

    func addAudit(to group: RouterGroup<HubContext>) {
        group.serve(AuditEndpoints.list) { asked in
            let page = try await journal.auditPage(try auditQuery(asked.query))
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
        group.serve(AuditEndpoints.prune) { asked in
            let text = try await asked.body().before
            let moment = try moment(text, as: "before")
            guard moment <= journal.now() else {
                throw AdminError.badRequest("before must not lie in the future")
            }
            let done = try await journal.pruneAudit(before: moment, by: asked.requester)
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

    private func auditQuery(_ asked: AdminAuditQuery) throws -> AuditQuery {
        let paging = try Paging(asked)
        var query = AuditQuery(
            .newestFirst(before: try paging.number()), subject: asked.subject, action: asked.action,
            limit: paging.limit)
        if let text = asked.newerThan {
            guard let number = text.number, number >= 0 else {
                throw AdminError.badRequest("newerThan must be the number of an event, or 0")
            }
            query.order = .oldestFirst(after: number)
        }
        query.since = try asked.since.map { try moment($0, as: "since") }
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
