internal import Foundation
package import HubDaemon
package import HubHTTP
internal import Hummingbird
internal import Issuing
internal import Journal
package import Logging
internal import PKI

/// A whole hub in a temporary folder, with a clock the test moves; its routes are called without a socket.
package struct TestHub: Sendable {
    package let hub: Hub
    package let clock: ManualClock
    package let folder: TemporaryFolder
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
        let clock = clock ?? ManualClock(at: Int64(Date.now.timeIntervalSince1970))
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
        network = RouteClient(responder: HubRoutes(hub: hub).network().buildResponder())
        publication = RouteClient(responder: HubRoutes(hub: hub).publication().buildResponder())
        local = RouteClient(responder: HubRoutes(hub: hub).local().buildResponder())
    }

    /// A peer with a fresh certificate of this hub.
    package func peer(_ commonName: String, ou: String, address: String = "192.0.2.9") async throws -> Peer {
        let certificate = try await hub.issuer.issue(
            commonName: commonName, ou: ou, publicKey: try PrivateKey.makeP256().publicKey, by: .hub)
        return Peer(address: address, certificate: certificate)
    }
}
