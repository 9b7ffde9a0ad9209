internal import Encoding
internal import HTTPTypes
internal import HubHTTP
internal import Hummingbird
internal import Journal
internal import People

extension ManagementRoutes {
    /// People (docs/protocols/mender.md 12.1). Everyone reads, and changes name and password of their own; an admin
    /// changes others.
    func addUsers(to group: RouterGroup<HubContext>) {
        let group = group.group("v1/useradm")
        group.post("auth/logout") { _, context in
            try await people.logOut(context.session(), by: context.requester)
            return Response(status: .accepted)
        }
        group.get("users") { request, _ in
            let filter = try UserFilter(request)
            let users = try await people.users().filter(filter.takes)
            return MenderBody.answer { writer in
                writer.array { writer in users.forEach { Self.write($0, to: &writer) } }
            }
        }
        group.needing(.admin).post("users") { request, context in
            let body = try UserBody(try await MenderBody.json(request))
            guard let name = body.change.name, let password = body.change.password else {
                throw MenderError.badRequest("email and password must be given")
            }
            let user = try await people.addUser(
                name, role: body.change.role ?? .viewer, password: password, by: context.requester)
            return Response(
                status: .created, headers: [.location: "/\(Self.base)/v1/useradm/users/\(user.id)"])
        }
        group.get("users/:id") { _, context in
            let user = try await people.user(id: try userID(context))
            return MenderBody.answer { writer in Self.write(user, to: &writer) }
        }
        group.put("users/:id") { request, context in
            let id = try userID(context)
            try await change(id, UserBody(try await MenderBody.json(request)), context)
            return Response(status: .noContent)
        }
        group.needing(.admin).delete("users/:id") { _, context in
            try await people.removeUser(id: try userID(context), by: context.requester)
            return Response(status: .noContent)
        }
        addPlans(to: group)
    }

    /// The vendor's page asks for its price plan; here there is one, with everything.
    private func addPlans(to group: RouterGroup<HubContext>) {
        @Sendable func plan(_ writer: inout JSONWriter) {
            writer.object { writer in
                writer.member("id", "enterprise")
                writer.member("display_name", "Enterprise")
            }
        }
        group.get("plans") { _, _ in MenderBody.answer { writer in writer.array(plan) } }
        group.get("plan_binding") { _, _ in
            MenderBody.answer { writer in
                writer.object { writer in
                    writer.name("plan")
                    plan(&writer)
                }
            }
        }
    }

    /// The user a path names; `me` is the caller.
    private func userID(_ context: HubContext) throws -> String {
        let name = try context.pathParameter("id")
        return name == "me" ? try ownID(context) : name
    }

    /// The caller's own ID.
    ///
    /// - Throws: 404 for a caller who is not a user: an admin by certificate or local socket.
    func ownID(_ context: HubContext) throws -> String {
        guard let id = try context.session().userID else {
            throw MenderError.notFound("administrators signed in by certificate or socket have no user account")
        }
        return id
    }

    private func change(_ id: String, _ body: UserBody, _ context: HubContext) async throws {
        let session = try context.session()
        let isOwn = session.userID == id
        guard isOwn || session.role.includes(.admin) else { throw MenderError.forbidden }
        guard body.change.role == nil || session.role.includes(.admin) else { throw MenderError.forbidden }
        // A stolen token must not be enough to take an account over.
        if isOwn, body.change.password != nil || body.change.name != nil {
            try await confirm(body.currentPassword, of: id, context)
        }
        try await people.changeUser(id: id, body.change, by: context.requester)
    }

    private func confirm(_ password: String?, of id: String, _ context: HubContext) async throws {
        guard let password else { throw MenderError.unprocessable("current_password must be given") }
        guard try await people.isPassword(password, ofUser: id, by: context.requester) else {
            throw MenderError.unprocessable("current_password is wrong")
        }
    }

    private static func write(_ user: User, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("id", user.id)
            writer.member("email", user.name)
            writer.member("role", user.role.rawValue)
            writer.member("created_ts", RFC3339.text(user.createdAt))
            writer.member("updated_ts", RFC3339.text(user.updatedAt))
            if let loggedInAt = user.loggedInAt { writer.member("login_ts", RFC3339.text(loggedInAt)) }
        }
    }
}

/// What a body says of a user.
private struct UserBody {
    let change: UserChange
    let currentPassword: String?

    /// - Throws: 400.
    init(_ body: JSONValue) throws(MenderError) {
        guard body.members != nil else { throw .badRequest("the body is not a JSON object") }
        var role: UserRole?
        if let word = try Self.text("role", of: body) {
            role = UserRole(rawValue: word)
            if role == nil { throw .badRequest("role must be viewer, operator or admin") }
        }
        change = UserChange(
            name: try Self.text("email", of: body), role: role, password: try Self.text("password", of: body))
        currentPassword = try Self.text("current_password", of: body)
    }

    private static func text(_ name: String, of body: JSONValue) throws(MenderError) -> String? {
        guard let value = body[name], value != .null else { return nil }
        guard let text = value.string else { throw .badRequest("\(name) must be a string") }
        return text
    }
}

/// The query of a listing of users.
private struct UserFilter {
    let ids: Set<String>
    let names: Set<String>
    let created: (after: Int64?, before: Int64?)
    let updated: (after: Int64?, before: Int64?)

    init(_ request: Request) throws {
        let query = try QueryItems(request)
        ids = Set(query.all("id"))
        names = Set(query.all("email"))
        created = (try query.number("created_after"), try query.number("created_before"))
        updated = (try query.number("updated_after"), try query.number("updated_before"))
    }

    func takes(_ user: User) -> Bool {
        (ids.isEmpty || ids.contains(user.id)) && (names.isEmpty || names.contains(user.name))
            && user.createdAt >= created.after ?? .min && user.createdAt <= created.before ?? .max
            && user.updatedAt >= updated.after ?? .min && user.updatedAt <= updated.before ?? .max
    }
}
