internal import AdminAPI
internal import Encoding
internal import HubHTTP
internal import Hummingbird
internal import Registry

extension AdminRoutes {
    /// Tokens of people's scripts, for the management API.
    func addUserTokens(to group: RouterGroup<HubContext>) {
        group.get("users/:name/tokens") { _, context in
            let user = try await registry.people.user(context.pathParameter("name"))
            let tokens = try await registry.people.userTokens(of: user.id).map(AdminUserToken.init)
            return try JSONBody.encode(AdminPage(items: tokens, after: nil))
        }
        group.post("users/:name/tokens") { request, context in
            let user = try await registry.people.user(context.pathParameter("name"))
            let asked = try await JSONBody.decode(AdminUserToken.self, from: request)
            let seconds = asked.expiresInSeconds ?? People.longestTokenSeconds
            var view = AdminUserToken(name: asked.name)
            view.token = try await registry.people.addUserToken(
                asked.name, seconds: seconds, ofUser: user.id, by: context.peer.requester)
            return try JSONBody.encode(view, status: .created)
        }
        group.delete("users/:name/tokens/:id") { _, context in
            let user = try await registry.people.user(context.pathParameter("name"))
            try await registry.people.removeUserToken(
                context.pathParameter("id"), ofUser: user.id, by: context.peer.requester)
            return Response(status: .noContent)
        }
    }
}

extension AdminUserToken {
    init(_ token: UserToken) {
        self.init(name: token.name ?? "")
        id = token.id
        createdAt = RFC3339.text(token.createdAt)
        expiresAt = token.endsAt.map(RFC3339.text)
    }
}
