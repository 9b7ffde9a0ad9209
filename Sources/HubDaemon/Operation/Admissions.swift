internal import HubHTTP
internal import Logging
internal import HubRuntime
internal import ServiceLifecycle
internal import TunnelServer

/// Who may open a connection to which listener: they share what is known of the networks, and the open files that there
/// are.
struct Admissions {
    /// Connections that one listener of HTTP holds.
    private static let places = 20_000
    /// Connections that a Unix socket holds.
    private static let localPlaces = 256

    let https: ListenerAdmission
    let pki: ListenerAdmission
    let admin: ListenerAdmission
    let tunnels: TunnelAdmission
    private let watch: NetworkWatch
    private let refusals: ConnectionRefusals
    private let logger: Logger

    init(_ configuration: HubConfiguration, logger: Logger) {
        let watch = NetworkWatch()
        let refusals = ConnectionRefusals()
        (self.watch, self.refusals, self.logger) = (watch, refusals, logger)
        let budget = OpenFiles.forConnections.map(FileBudget.init)
        func admission(
            _ name: String, _ purpose: FileBudget.Purpose, _ places: Int, _ sources: SourceLimits
        ) -> ListenerAdmission {
            ListenerAdmission(
                name, limits: AdmissionLimits(places: places, sources: sources), budget: budget, purpose: purpose,
                watch: watch, refusals: refusals)
        }
        let sources = configuration.sources
        https = admission("https", .https, Self.places, sources)
        pki = admission("pki", .pki, Self.places, sources)
        admin = admission("admin", .admin, Self.localPlaces, sources)
        var ofTunnels = sources
        ofTunnels.perAddress = configuration.tunnels.perAddress
        tunnels = TunnelAdmission(
            ends: admission("tunnels", .tunnels, configuration.tunnels.places, ofTunnels),
            monitors: admission("monitor", .admin, Self.localPlaces, sources))
        if configuration.tunnels.isEnabled, let most = budget?.most(for: .tunnels), most < configuration.tunnels.places
        {
            logger.warning(
                "fewer tunnel connections than tunnel.total: raise the limit of open files",
                metadata: ["connections": "\(most)", "tunnel.total": "\(configuration.tunnels.places)"])
        }
    }

    /// A name for the machine that has an address, the same for all its addresses; `nil` for one that is not a
    /// neighbour.
    var machine: @Sendable (String) -> String? {
        { [watch] address in watch.machine(at: address) }
    }

    /// What runs beside the listeners; the networks are looked at once before.
    func services() async -> [any Service] {
        await watch.refresh()
        return [watch, RefusalReport(refusals: refusals, logger: logger)]
    }
}

/// Writes the sum of the connections that were refused, a line a minute at most.
private struct RefusalReport: Service {
    let refusals: ConnectionRefusals
    let logger: Logger

    func run() async throws {
        await Repetition(every: .seconds(60)).run { refusals.log(to: logger) }
        refusals.log(to: logger)
    }
}
