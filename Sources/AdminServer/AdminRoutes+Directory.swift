internal import AdminAPI
internal import Encoding
internal import HubHTTP
internal import Hummingbird
internal import Registry

extension AdminRoutes {
    func addServices(to group: RouterGroup<HubContext>) {
        group.get("services") { _, _ in
            let services = try await registry.reach.services().map {
                AdminService(name: $0.name, url: $0.url, ou: $0.ou)
            }
            return try JSONBody.encode(AdminPage(items: services, after: nil))
        }
        group.post("services") { request, context in
            let service = try await JSONBody.decode(AdminService.self, from: request)
            try await registry.reach.addService(
                ServiceEntry(name: service.name, url: service.url, ou: service.ou), by: context.peer.requester)
            return try JSONBody.encode(service, status: .created)
        }
        group.delete("services/:name") { _, context in
            try await registry.reach.removeService(context.pathParameter("name"), by: context.peer.requester)
            return Response(status: .noContent)
        }
    }

    func addUsers(to group: RouterGroup<HubContext>) {
        group.get("users") { _, _ in
            let users = try await registry.people.users().map { user in
                AdminUser(name: user.name, role: user.role.rawValue, createdAt: RFC3339.text(user.createdAt))
            }
            return try JSONBody.encode(AdminPage(items: users, after: nil))
        }
        group.post("users") { request, context in
            let user = try await JSONBody.decode(AdminUser.self, from: request)
            let role = try Self.role(user)
            try await registry.people.addUser(
                user.name, role: role, password: user.password ?? "", by: context.peer.requester)
            return try JSONBody.encode(AdminUser(name: user.name, role: role.rawValue), status: .created)
        }
        group.post("users/:name/password") { request, context in
            let user = try await JSONBody.decode(AdminUser.self, from: request)
            try await registry.people.setPassword(
                context.pathParameter("name"), password: user.password ?? "", by: context.peer.requester)
            return Response(status: .noContent)
        }
        group.post("users/:name/role") { request, context in
            let user = try await JSONBody.decode(AdminUser.self, from: request)
            try await registry.people.setRole(
                context.pathParameter("name"), try Self.role(user), by: context.peer.requester)
            return Response(status: .noContent)
        }
        group.delete("users/:name") { _, context in
            try await registry.people.removeUser(context.pathParameter("name"), by: context.peer.requester)
            return Response(status: .noContent)
        }
    }

    private static func role(_ user: AdminUser) throws -> UserRole {
        guard let role = UserRole(rawValue: user.role ?? "") else {
            throw AdminError.badRequest("role must be viewer, operator or admin")
        }
        return role
    }

    func addAudit(to group: RouterGroup<HubContext>) {
        group.get("audit") { request, _ in
            let page = try await registry.journal.auditPage(try auditQuery(request))
            return try JSONBody.encode(
                AdminPage(items: page.events.map(AdminAuditEvent.init), after: page.next.map { "\($0)" }))
        }
        group.get("audit/verify") { _, _ in
            switch try await registry.journal.verifyAudit() {
            case .intact(let count, let pruned):
                try JSONBody.encode(
                    AdminVerdict(
                        isGood: true,
                        findings: [
                            "\(count) events\(pruned > 0 ? " from number \(pruned + 1) on" : ""), none altered or missing"
                        ]))
            case .broken(_, let reason):
                try JSONBody.encode(AdminVerdict(isGood: false, findings: [reason]))
            }
        }
    }

    func addAuditPruning(to group: RouterGroup<HubContext>) {
        group.post("audit/prune") { request, context in
            let text = try await JSONBody.decode(AdminAuditPrune.self, from: request).before
            let moment = try moment(text, as: "before")
            guard moment <= registry.journal.now() else {
                throw AdminError.badRequest("before must not lie in the future")
            }
            let done = try await registry.journal.pruneAudit(before: moment, by: context.peer.requester)
            return try JSONBody.encode(
                AdminAuditPruned(
                    removed: done.removed, first: done.first, before: RFC3339.text(moment), hasMore: done.hasMore))
        }
    }

    private func moment(_ text: String, as name: String) throws -> Int64 {
        guard let moment = TimeSpan.moment(text, now: registry.journal.now()) else {
            throw AdminError.badRequest(
                "\(name) must be a time such as 2027-01-31T12:00:00Z, a day, or a span such as 15m")
        }
        return moment
    }

    private func auditQuery(_ request: Request) throws -> AuditQuery {
        let paging = try Paging(request)
        let parameters = request.uri.queryParameters
        var query = AuditQuery(
            .newestFirst(before: try paging.number()), subject: parameters.get("subject"),
            action: parameters.get("action"), limit: paging.limit)
        if let text = parameters.get("newerThan") {
            guard let number = Int64(text), number >= 0 else {
                throw AdminError.badRequest("newerThan must be the number of an event, or 0")
            }
            query.order = .oldestFirst(after: number)
        }
        query.since = try parameters.get("since").map { try moment($0, as: "since") }
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
