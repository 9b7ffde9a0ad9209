package import HubDaemon
internal import HubRuntime
package import Issuing
internal import HubHTTP
internal import IssuingTestSupport
package import JournalTestSupport
package import Logging
internal import RecordTestSupport
package import Rooms
package import RouteTestSupport

/// A whole hub in a temporary folder, with a clock the test moves; its routes are called without a socket.
package struct TestHub: HoldsIssuer, Routed {
    package let hub: Hub
    package let clock: ManualClock
    package let folder: TemporaryFolder
    package var rooms: Rooms { hub.rooms }
    package var issuer: Issuer { hub.issuer }
    /// Calls the routes of the TLS listener.
    package let network: RouteClient
    /// Calls the routes of the plain-HTTP listener.
    package let publication: RouteClient
    /// Calls the routes of the Unix socket.
    package let local: RouteClient

    /// Makes a hub.
    ///
    /// - Parameters:
    ///   - log: takes the hub's lines.
    ///   - change: alters the configuration before the start.
    package init(
        folder: TemporaryFolder? = nil, clock: ManualClock? = nil, log: any LogHandler = SwiftLogNoOpLogHandler(),
        change: (inout HubConfiguration) -> Void = { _ in }
    ) async throws {
        self.folder = try folder ?? TemporaryFolder()
        let clock = clock ?? ManualClock.now()
        self.clock = clock
        var configuration = HubConfiguration()
        configuration.https = .tcp(host: "127.0.0.1", port: 0)
        configuration.pki = .tcp(host: "127.0.0.1", port: 0)
        configuration.discoveryEnabled = false
        configuration.tunnels.isEnabled = false
        change(&configuration)
        hub = try await Hub(
            configuration: configuration, state: StateFolder(self.folder.path + "/state"),
            logger: Logger(label: "test") { _ in log }, now: { clock.now }, steady: { clock.steady })
        network = RouteClient(HubRoutes(hub: hub).network())
        publication = RouteClient(HubRoutes(hub: hub).publication())
        local = RouteClient(HubRoutes(hub: hub).local())
    }
}
