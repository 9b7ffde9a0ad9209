package import AdminAPI
package import Administration
package import Journal
package import WebSockets

/// The daemon as the admin API shows it.
package protocol DaemonView: Sendable {
    var isReady: Bool { get }
    /// In the text form of Prometheus.
    var metrics: String { get }
    /// Folder with the reports of imports.
    var importFolder: String { get }
    func status() async throws -> AdminStatus
    /// What is wrong with the text of a configuration file, a line each.
    func problems(inConfiguration text: String) -> [String]
}

package protocol WebhookTester: Sendable {
    /// Sends a test message to the webhook of an ID; a receiver that fails is an outcome, not an error.
    func test(_ id: String, by requester: Requester) async throws -> AdminWebhookTest
}

/// The links of devices, which administrators use.
package protocol LinkHost: Sendable {
    var limits: WebSocketLimits { get }
    /// Whether the device of an ID holds a link.
    func isConnected(_ deviceID: String) -> Bool
    /// Serves an administrator's WebSocket to the device of an ID until either end goes.
    ///
    /// - Parameters:
    ///   - isConsole: whether it is to be the console of the live link, also where mender-connect runs.
    ///   - isAllowed: whether the administrator still may.
    func serve(
        _ requester: Requester, on deviceID: String, over socket: WebSocket, isConsole: Bool,
        isAllowed: @escaping @Sendable () async -> Bool
    ) async throws
}

/// The tunnel server with its connections.
package protocol TunnelOverview: TunnelControl {
    func tunnels() async throws -> AdminTunnels
}

/// What only the daemon around the admin API can do.
package struct HubAbilities: Sendable {
    let daemon: any DaemonView
    let backups: any BackupMaker
    let webhooks: any WebhookTester
    let links: any LinkHost
    let tunnels: any TunnelOverview

    package init(
        daemon: any DaemonView, backups: any BackupMaker, webhooks: any WebhookTester, links: any LinkHost,
        tunnels: any TunnelOverview
    ) {
        self.daemon = daemon
        self.backups = backups
        self.webhooks = webhooks
        self.links = links
        self.tunnels = tunnels
    }
}
