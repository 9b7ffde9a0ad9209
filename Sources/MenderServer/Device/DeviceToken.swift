internal import HTTPTypes
internal import HubHTTP
internal import Hummingbird
internal import Registry

/// The token a request carries (spec/mender.md 2, 4).
enum BearerToken {
    /// `Authorization: Bearer <token>`, the scheme in any case; `nil` for anything else.
    static func read(_ request: Request) -> String? {
        guard let header = request.headers[.authorization] else { return nil }
        let parts = header.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: true)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
        return String(parts[1].drop { $0 == " " })
    }
}

/// Finds out which device asks.
struct DeviceAuthenticator: Sendable {
    let registry: Registry

    /// - Throws: ``MenderError/unauthorized(_:)`` for no token or one that does not count.
    func session(_ request: Request, _ context: HubContext) throws -> DeviceSession {
        guard let token = BearerToken.read(request), let session = try registry.session(deviceToken: token) else {
            throw MenderError.unauthorized("invalid token")
        }
        return session
    }
}
