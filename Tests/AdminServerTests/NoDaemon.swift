import AdminAPI
import AdminServer
import Administration
import Journal
import WebSockets
import Wire

/// A daemon that is ready, and has neither tunnels nor links nor anything else that the admin API may ask it for.
struct NoDaemon: DaemonView, BackupMaker, WebhookTester, LinkHost, TunnelOverview {
    private struct Missing: Error {}

    let importFolder: String
    let isReady = true
    let metrics = ""
    let limits = WebSocketLimits()
    let isOn = false
    let proxy: TunnelProxyAddress? = nil

    func status() async throws -> AdminStatus { throw Missing() }

    func problems(inConfiguration text: String) -> [String] { [] }

    func prepare(
        passphrase: String, artifacts: Bool, by requester: Requester
    ) async throws -> any PreparedBackup { throw Missing() }

    func test(_ id: String, by requester: Requester) async throws -> AdminWebhookTest { throw Missing() }

    func isConnected(_ deviceID: String) -> Bool { false }

    func serve(
        _ requester: Requester, on deviceID: String, over socket: WebSocket, isConsole: Bool,
        isAllowed: @escaping @Sendable () async -> Bool
    ) async throws { throw Missing() }

    func servers(of device: String) async throws -> [TunnelUUID] { [] }

    func close(_ id: UInt64) async throws -> Bool { false }

    func drain() async throws -> Int { 0 }

    func tunnels() async throws -> AdminTunnels { throw Missing() }
}
