internal import AdminAPI
internal import Devices
internal import HubHTTP
internal import Hummingbird
package import Journal
package import WebSockets
internal import Wire

/// What the admin API needs of the devices' links.
package struct AdminLinks: Sendable {
    /// Serves an administrator's WebSocket to the device of an ID until either end goes; the last argument is asked
    /// whether the administrator still may.
    package typealias Serve =
        @Sendable (String, Requester, WebSocket, @escaping @Sendable () -> Bool) async throws -> Void

    let isConnected: @Sendable (String) -> Bool
    let serve: Serve
    let limits: WebSocketLimits

    /// - Parameters:
    ///   - isConnected: whether the device of an ID holds a link.
    ///   - limits: what a WebSocket may cost.
    package init(isConnected: @escaping @Sendable (String) -> Bool, serve: @escaping Serve, limits: WebSocketLimits) {
        self.isConnected = isConnected
        self.serve = serve
        self.limits = limits
    }
}

extension AdminRoutes {
    /// The device link for `hubctl`: a WebSocket with the envelopes of docs/protocols/mender.md 13.
    func addLink(to group: RouterGroup<HubContext>) {
        group.serve(DeviceEndpoints.link) { asked in
            let id = asked.parameters
            let peer = asked.context.peer
            _ = try await devices.device(id)
            guard operation.links.isConnected(id) else { throw AdminError.notConnected(id) }
            return try WebSocketUpgrade.response(
                to: asked.request, subprotocols: [LinkEnvelope.subprotocol], limits: operation.links.limits
            ) { [links = operation.links, check = AdminOnly(issuer: issuer, now: journal.now)] socket in
                try await links.serve(id, peer.requester, socket) { (try? check.isAdministrator(peer)) ?? false }
            }
        }
    }
}
