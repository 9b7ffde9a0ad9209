package import HubHTTP
package import Hummingbird
internal import HTTPTypes
internal import Presence
internal import WebSockets
internal import Wire

/// Where devices open their live links (docs/protocols/device-link.md 2.1).
package struct LinkRoutes: Sendable {
    private let services: LinkServices
    private let authentication: LinkAuthentication
    private let rate: UpgradeRate
    private let origin: @Sendable (Request, HubContext) -> String

    /// - Parameter origin: scheme, host and port of links for the device that made a request.
    package init(services: LinkServices, origin: @escaping @Sendable (Request, HubContext) -> String) {
        self.services = services
        self.origin = origin
        authentication = LinkAuthentication(services.linkKeys)
        rate = UpgradeRate(perSecond: services.limits.linksPerSecond)
    }

    /// Adds both paths; each takes both kinds of credentials.
    package func add(to router: Router<HubContext>) {
        let group = router.group("").add(middleware: ErrorAnswers(LinkForm()))
        for path in ["device-socket/websocket", "socket/websocket"] {
            group.get(RouterPath(path)) { request, context in try await open(request, context) }
        }
    }

    private func open(_ request: Request, _ context: HubContext) async throws -> Response {
        guard Self.isKnown(request.uri.queryParameters["vsn"].map(String.init) ?? "") else {
            throw UpgradeRefusal.version
        }
        if let seconds = rate.refusal() { throw UpgradeRefusal.tooMany(seconds: seconds) }
        let pass = try await Apart.run { [authentication] in try await authentication.pass(request, context) }
        rate.take()
        let origin = origin(request, context)
        return try WebSocketUpgrade.response(to: request, limits: services.limits.webSocket) {
            [services, authentication] socket in
            let link = NervesLink(
                pass.device, socket, services.presence, address: context.peer.address,
                credential: pass.key, origin: origin, extensions: services.limits.extensions,
                backlog: services.backlogs.backlog(of: pass.device), offer: { await services.offer($0) })
            let conversation = LinkConversation(link, services)
            try await services.presence.serve(
                link, isAllowed: { await authentication.stillCounts(pass, context) }
            ) { try await conversation.run(socket) }
        }
    }

    /// The serializer of version 2, with five elements in a frame.
    private static func isKnown(_ version: String) -> Bool {
        let parts = version.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 3 && parts[0] == "2" && parts[1] == "0" && (1...9).contains(parts[2].utf8.count)
            && parts[2].utf8.allSatisfy { (0x30...0x39).contains($0) }
    }
}
