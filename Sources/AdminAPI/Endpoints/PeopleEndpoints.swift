/// Users of the management API.
package enum UserEndpoints {
    package static let list = AdminEndpoint<NoParameters, NoQuery, NoContent, AdminPage<AdminUser>>(.get, "users")
    package static let add = AdminEndpoint<NoParameters, NoQuery, AdminUser, AdminUser>(.post, "users", status: 201)
    package static let setPassword = AdminEndpoint<String, NoQuery, AdminUser, NoContent>(
        .post, "users/{name}/password")
    package static let setRole = AdminEndpoint<String, NoQuery, AdminUser, NoContent>(.post, "users/{name}/role")
    package static let remove = AdminEndpoint<String, NoQuery, NoContent, NoContent>(.delete, "users/{name}")
}

/// Tokens of people's scripts.
package enum UserTokenEndpoints {
    package static let list = AdminEndpoint<String, NoQuery, NoContent, AdminPage<AdminUserToken>>(
        .get, "users/{name}/tokens")
    package static let add = AdminEndpoint<String, NoQuery, AdminUserToken, AdminUserToken>(
        .post, "users/{name}/tokens", status: 201)
    package static let remove = AdminEndpoint<UserTokenPath, NoQuery, NoContent, NoContent>(
        .delete, "users/{name}/tokens/{id}")
}

package struct UserTokenPath: PathParameters {
    package let user: String
    package let token: String

    package static let count = 2
    package var texts: [String] { [user, token] }

    package init(user: String, token: String) {
        self.user = user
        self.token = token
    }

    package init(reading next: () throws -> String) rethrows {
        user = try next()
        token = try next()
    }
}
