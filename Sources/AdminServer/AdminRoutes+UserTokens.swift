internal import AdminAPI
internal import Encoding
internal import HubHTTP
internal import Hummingbird
internal import People
internal import Wire

extension AdminRoutes {
    /// Tokens of people's scripts, for the management API.
    func addUserTokens(to group: RouterGroup<HubContext>) {
        group.serve(UserTokenEndpoints.list) { asked in
            let user = try await people.user(asked.parameters)
            let tokens = try await people.userTokens(of: user.id).map(AdminUserToken.init)
            return AdminPage(items: tokens, after: nil)
        }
        group.serve(UserTokenEndpoints.add) { asked in
            let user = try await people.user(asked.parameters)
            let wish = try await asked.body()
            let seconds = wish.expiresInSeconds ?? People.longestTokenSeconds
            var view = AdminUserToken(name: wish.name)
            view.token = try await people.addUserToken(
                wish.name, seconds: seconds, ofUser: user.id, by: asked.requester
            ) { token in
                UserTokenClaims(id: token.id, user: token.userID, issuedAt: token.createdAt, endsAt: token.endsAt)
                    .encoded()
            }
            return view
        }
        group.serve(UserTokenEndpoints.remove) { asked in
            let user = try await people.user(asked.parameters.user)
            try await people.removeUserToken(asked.parameters.token, ofUser: user.id, by: asked.requester)
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
