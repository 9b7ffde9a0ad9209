internal import HTTPTypes
internal import HubHTTP
internal import Hummingbird
internal import Journal
internal import People

/// Finds out which person a request comes from: a user token, a certificate of OU admin, or the local socket; otherwise
/// 401.
struct UserAuthentication: RouterMiddleware {
    let people: People

    func handle(
        _ request: Request, context: HubContext, next: (Request, HubContext) async throws -> Response
    ) async throws -> Response {
        guard let session = try await session(of: request, context.peer) else {
            throw MenderError.unauthorized("missing or invalid user token")
        }
        var context = context
        context.user = session
        return try await next(request, context)
    }

    /// Whether the person still has a role: for what outlasts its request.
    func stillIncludes(_ role: UserRole, _ request: Request, _ context: HubContext) async throws -> Bool {
        guard context.peerStillCounts else { return false }
        return try await session(of: request, context.peer)?.role.includes(role) ?? false
    }

    /// A header decides alone: a caller who brings a token means that token's rights.
    private func session(of request: Request, _ peer: Peer) async throws -> UserSession? {
        if request.headers[.authorization] != nil {
            guard let token = BearerToken.read(request) else { return nil }
            return try await people.session(userToken: token)
        }
        guard peer.userID != nil || peer.role == .admin else { return nil }
        return UserSession(userID: nil, name: peer.requester.name, role: .admin, tokenID: nil)
    }
}

/// Lets through who has a role, or more: otherwise 403.
struct RoleRequired: RouterMiddleware {
    let role: UserRole

    func handle(
        _ request: Request, context: HubContext, next: (Request, HubContext) async throws -> Response
    ) async throws -> Response {
        guard let user = context.user, user.role.includes(role) else { throw MenderError.forbidden }
        return try await next(request, context)
    }
}

extension RouterGroup where Context == HubContext {
    /// The same paths for people who have at least this role.
    func needing(_ role: UserRole) -> RouterGroup<HubContext> {
        group().add(middleware: RoleRequired(role: role))
    }
}

extension HubContext {
    /// The person the request comes from, once ``UserAuthentication`` knows.
    fileprivate(set) var user: UserSession? {
        get { finding as? UserSession }
        set { finding = newValue }
    }

    /// The person the request comes from.
    ///
    /// - Throws: 401 outside of ``UserAuthentication``.
    func session() throws -> UserSession {
        guard let user else { throw MenderError.unauthorized("missing or invalid user token") }
        return user
    }

    /// The person as the audit trail names them.
    var requester: Requester {
        guard let user, user.userID != nil else { return peer.requester }
        return Requester(name: "user \(user.name)", address: peer.address)
    }
}
