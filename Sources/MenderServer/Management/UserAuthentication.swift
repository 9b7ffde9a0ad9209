internal import HTTPTypes
internal import HubHTTP
internal import Hummingbird
internal import Issuing
internal import Journal
internal import Logging
internal import People

/// Finds out which person a request comes from: a user token, a certificate of OU admin, or the local socket; otherwise
/// 401.
struct UserAuthentication: RouterMiddleware {
    let issuer: Issuer
    let people: People

    func handle(
        _ request: Request, context: HubContext, next: (Request, HubContext) async throws -> Response
    ) async throws -> Response {
        guard let session = try session(of: request, context.peer) else {
            throw MenderError.unauthorized("missing or invalid user token")
        }
        var context = context
        context.user = session
        do {
            return try await next(request, context)
        } catch {
            // A user may hear what is wrong with the hub's disk, a device may not.
            guard let fault = HTTPRefusal(storage: error) else { throw error }
            context.logger.error(
                "request failed", metadata: ["error": "\(error)", "http.path": "\(request.uri.path)"])
            throw fault
        }
    }

    /// A header decides alone: a caller who brings a token means that token's rights.
    func session(of request: Request, _ peer: Peer) throws -> UserSession? {
        if request.headers[.authorization] != nil {
            guard let token = BearerToken.read(request) else { return nil }
            return try people.session(userToken: token)
        }
        if peer.userID != nil { return administrator(peer) }
        guard peer.role == .admin, let certificate = peer.certificate, issuer.isValid(certificate) else { return nil }
        return administrator(peer)
    }

    private func administrator(_ peer: Peer) -> UserSession {
        UserSession(userID: nil, name: peer.requester.name, role: .admin, tokenID: nil)
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
