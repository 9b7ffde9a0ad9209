package import HubHTTP
package import Hummingbird
internal import Registry
internal import WebSockets
internal import Wire

/// `GET /api/devices/v1/deviceconnect/connect`: where a device opens its link (spec/mender.md 13.1).
package struct DeviceLinkRoutes: Sendable {
    private let links: DeviceLinks

    /// Serves the devices of the registry behind `links`.
    package init(links: DeviceLinks) {
        self.links = links
    }

    /// Adds the route.
    package func add(to router: Router<HubContext>) {
        let authenticator = DeviceAuthenticator(registry: links.registry)
        router.group("api/devices/v1/deviceconnect").add(middleware: MenderAnswers()).get("connect") {
            request, context in
            let device = try authenticator.session(request, context)
            return try WebSocketUpgrade.response(
                to: request, subprotocols: [LinkEnvelope.subprotocol], limits: DeviceLinks.limits
            ) { [links] socket in
                try await links.serve(device, over: socket) {
                    (try? authenticator.session(request, context)) != nil
                }
            }
        }
    }
}
