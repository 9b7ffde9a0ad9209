package import Hummingbird
internal import HTTPTypes

/// Tells the requests that a web page of another site makes a browser send, with the certificate the browser holds: by
/// `Sec-Fetch-Site` (W3C Fetch Metadata) and `Origin` (RFC 6454 section 7). Programs send neither. The one rule for
/// every listener, for requests (``CrossSiteRequests``) as for WebSockets.
package struct OriginRule: Sendable {
    private let isOwnHost: @Sendable (String) -> Bool

    /// - Parameter isOwnHost: whether a host name or address, as ``RequestAuthority/plainHost`` has it, is one of the
    ///   hub's: a name of somebody else's may lead here, too.
    package init(isOwnHost: @escaping @Sendable (String) -> Bool) {
        self.isOwnHost = isOwnHost
    }

    /// Whether a page of another site asks.
    ///
    /// - Parameters:
    ///   - sites: values of all `Sec-Fetch-Site` fields; `none` is an address that a person typed.
    ///   - origins: values of all `Origin` fields.
    ///   - authority: the host and port that the request was sent to.
    package func isForeign(sites: [String], origins: [String], authority: String?) -> Bool {
        guard sites.allSatisfy({ $0 == "same-origin" || $0 == "none" }),
            origins.allSatisfy({ Self.isSame($0, authority) })
        else { return true }
        // The page and the hub have one name, which may be somebody else's: a GET brings no Origin that would say so.
        guard sites.contains("same-origin") || !origins.isEmpty else { return false }
        guard let host = authority.flatMap(RequestAuthority.init)?.plainHost else { return true }
        return !isOwnHost(host)
    }

    /// Whether a page of another site asks.
    package func isForeign(_ request: Request) -> Bool {
        isForeign(
            sites: Self.siteField.map { request.headers[values: $0] } ?? [],
            origins: request.headers[values: .origin], authority: request.head.authority)
    }

    private static let siteField = HTTPField.Name("Sec-Fetch-Site")

    /// Whether an origin is the authority that the request was sent to.
    static func isSame(_ origin: String, _ authority: String?) -> Bool {
        guard let authority else { return false }
        return origin.lowercased() == "https://" + authority.lowercased()
    }
}

/// Refuses what a web page of another site asks where the right comes from the connection: a certificate, or the local
/// socket. The hub knows no right that comes from a cookie; one that is ever made belongs into ``Peer/isProven``.
///
/// A request that brings a token goes on, but without its certificate: the token is not the browser's to give.
package struct CrossSiteRequests: RouterMiddleware {
    private let rule: OriginRule

    /// Refuses what the rule calls foreign.
    package init(rule: OriginRule) {
        self.rule = rule
    }

    /// Lets the request through, or answers 403.
    package func handle(
        _ request: Request, context: HubContext, next: (Request, HubContext) async throws -> Response
    ) async throws -> Response {
        guard context.peer.isProven, rule.isForeign(request) else { return try await next(request, context) }
        guard BearerToken.read(request) != nil else { throw HTTPRefusal.foreignOrigin }
        return try await next(request, context.unproven())
    }
}
