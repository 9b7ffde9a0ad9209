internal import Devices
package import HubHTTP
package import Hummingbird
internal import WebSockets
internal import Wire

/// `GET /api/devices/v1/deviceconnect/connect`: where a device opens its link (docs/protocols/mender.md 13.1).
package struct DeviceLinkRoutes: Sendable {
    private let links: DeviceLinks
    private let devices: DeviceRoutes

    /// Serves the devices that `devices` knows.
    package init(links: DeviceLinks, devices: DeviceRoutes) {
        self.links = links
        self.devices = devices
    }

    package func add(to router: Router<HubContext>) {
        router.group("api/devices/v1/deviceconnect").add(middleware: MenderAnswers()).get("connect") {
            request, context in
            let device = try await devices.session(request, context)
            return try WebSocketUpgrade.response(
                to: request, subprotocols: [LinkEnvelope.subprotocol], limits: DeviceLinks.limits
            ) { [links, devices] socket in
                try await links.serve(device, from: context.peer.address, over: socket) {
                    (try? await devices.session(request, context)) != nil
                }
            }
        }
    }
}
