internal import Encoding
internal import HTTPTypes
internal import HubHTTP
internal import Hummingbird
internal import NIOCore
internal import People
internal import Wire

extension ManagementRoutes {
    /// The only call without a token (docs/protocols/mender.md 12.1).
    func addLogin(to group: RouterGroup<HubContext>) {
        group.post("v1/useradm/auth/login") { request, context in
            guard let credentials = BasicCredentials(request),
                let password = String(validating: credentials.password, as: UTF8.self)
            else { throw MenderError.unauthorized("unauthorized") }
            let noExpiry = try await Self.wantsNoExpiry(request)
            let token = try await people.logIn(
                credentials.user, password: password, noExpiry: noExpiry, by: context.peer.requester,
                claims: Self.claims)
            return Self.token(token)
        }
    }

    /// What a person's token says of itself.
    static func claims(of token: UserToken) -> [UInt8] {
        UserTokenClaims(id: token.id, user: token.userID, issuedAt: token.createdAt, endsAt: token.endsAt).encoded()
    }

    /// A token alone, as programs store it.
    static func token(_ text: String) -> Response {
        Response(
            status: .ok, headers: [.contentType: "application/jwt", .cacheControl: "no-store"],
            body: .init(byteBuffer: ByteBuffer(string: text)))
    }

    /// `{"no_expiry":true}`; most programs send no body.
    private static func wantsNoExpiry(_ request: Request) async throws -> Bool {
        let bytes = try await MenderBody.bytes(request, limit: 4096)
        guard bytes.contains(where: { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }) else { return false }
        do {
            return try JSONValue(parsing: bytes)["no_expiry"]?.bool ?? false
        } catch {
            throw MenderError.badRequest("cannot parse the request body: \(error)")
        }
    }
}
