internal import AdminAPI
internal import Devices
internal import HubHTTP
internal import Hummingbird
internal import Journal
internal import WebSockets
internal import Wire

extension AdminRoutes {
    /// The device link for `hubctl`: a WebSocket with the envelopes of docs/protocols/mender.md 13.
    func addLink(to group: RouterGroup<HubContext>) {
        group.serve(DeviceEndpoints.link) { request in
            let id = request.parameters
            let (context, isConsole) = (request.context, request.query.console)
            _ = try await devices.device(id)
            guard hub.links.isConnected(id) else { throw AdminError.notConnected(id) }
            return try WebSocketUpgrade.response(
                to: request.http, subprotocols: [LinkEnvelope.subprotocol], limits: hub.links.limits
            ) { [links = hub.links] socket in
                try await links.serve(context.peer.requester, on: id, over: socket, isConsole: isConsole) {
                    context.peerStillCounts
                }
            }
        }
    }
}
