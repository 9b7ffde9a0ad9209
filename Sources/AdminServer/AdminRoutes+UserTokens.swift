internal import AdminAPI
internal import Encoding
internal import HubHTTP
internal import Hummingbird
internal import People
internal import Wire

extension AdminRoutes {
    /// Tokens of people's scripts, for the management API.
    func addUserTokens(to group: RouterGroup<HubContext>) {
        group.serve(UserTokenEndpoints.list) { request in
            let user = try await people.user(request.parameters)
            let tokens = try await people.userTokens(of: user.id).map(AdminUserToken.init)
            return AdminPage(items: tokens, after: nil)
        }
        group.serve(UserTokenEndpoints.add) { request in
            let user = try await people.user(request.parameters)
            let wish = try await request.body()
            let seconds = wish.expiresInSeconds ?? People.longestTokenSeconds
            var view = AdminUserToken(name: wish.name)
            view.token = try await people.addUserToken(
                wish.name, seconds: seconds, ofUser: user.id, by: request.requester
            ) { token in
                UserTokenClaims(id: token.id, user: token.userID, issuedAt: token.createdAt, endsAt: token.endsAt)
                    .encoded()
            }
            return view
        }
        group.serve(UserTokenEndpoints.remove) { request in
            let user = try await people.user(request.parameters.user)
            try await people.removeUserToken(request.parameters.token, ofUser: user.id, by: request.requester)
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
