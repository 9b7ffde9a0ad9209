internal import AdminAPI
internal import Encoding
internal import HubHTTP
internal import Hummingbird
internal import People

extension AdminRoutes {
    func addUsers(to group: RouterGroup<HubContext>) {
        group.serve(UserEndpoints.list) { _ in
            let users = try await people.users().map { user in
                AdminUser(name: user.name, role: user.role.rawValue, createdAt: RFC3339.text(user.createdAt))
            }
            return AdminPage(items: users, after: nil)
        }
        group.serve(UserEndpoints.add) { request in
            let user = try await request.body()
            let role = try Self.role(user)
            try await people.addUser(
                user.name, role: role, password: user.password ?? "", by: request.requester)
            return AdminUser(name: user.name, role: role.rawValue)
        }
        group.serve(UserEndpoints.setPassword) { request in
            let user = try await request.body()
            try await people.setPassword(request.parameters, password: user.password ?? "", by: request.requester)
        }
        group.serve(UserEndpoints.setRole) { request in
            let user = try await request.body()
            try await people.setRole(request.parameters, try Self.role(user), by: request.requester)
        }
        group.serve(UserEndpoints.remove) { request in
            try await people.removeUser(request.parameters, by: request.requester)
        }
    }

    private static func role(_ user: AdminUser) throws -> UserRole {
        guard let role = UserRole(rawValue: user.role ?? "") else {
            throw AdminError.badRequest("role must be viewer, operator or admin")
        }
        return role
    }
}
