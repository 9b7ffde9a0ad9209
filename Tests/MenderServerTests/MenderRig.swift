import HubHTTP
import Hummingbird
import Issuing
import IssuingTestSupport
internal import Journal
internal import JournalTestSupport
import MenderServer
import Presence
internal import RecordTestSupport
internal import Rooms
import RouteTestSupport
import Updates
import UpdatesTestSupport

/// The routes of the update protocol over records, an issuer and updates of their own, without the rest of a hub.
struct MenderRig: HoldsIssuer, Routed {
    /// What a test may have otherwise than a hub has by default.
    struct Options {
        var limits = RoomLimits()
        var updates = UpdatesLimits()
        var mender = MenderLimits()
    }

    let base: UpdatesRig
    let network: RouteClient
    /// Calls the routes of the Unix socket.
    let local: RouteClient
    var updates: Updates { base.updates }
    var artifacts: Artifacts { base.artifacts }
    var issuer: Issuer { base.issuer }
    var rooms: Rooms { base.rooms }
    var clock: ManualClock { base.clock }
    var folder: TemporaryFolder { base.folder }

    /// Makes or opens what a folder holds.
    init(
        folder: TemporaryFolder? = nil, clock: ManualClock? = nil, change: (inout Options) -> Void = { _ in }
    ) async throws {
        var options = Options()
        change(&options)
        base = try await UpdatesRig(folder: folder, clock: clock) {
            $0.limits = options.limits
            $0.updates = options.updates
        }
        let origin: @Sendable (Request, HubContext) -> String = { _, _ in "https://hub:8443" }
        let rooms = base.rooms
        let links = DeviceLinks(presence: Presence(journal: rooms.journal))
        let devices = DeviceRoutes(
            updates: base.updates, artifacts: base.artifacts, journal: rooms.journal, identities: rooms.identities,
            inventory: rooms.inventory,
            configurations: rooms.configurations, limits: options.mender,
            origin: origin)
        let management = ManagementRoutes(
            issuer: base.issuer, updates: base.updates, artifacts: base.artifacts, journal: rooms.journal,
            people: rooms.people,
            identities: rooms.identities, inventory: rooms.inventory, configurations: rooms.configurations,
            links: links, origin: origin)
        network = RouteClient(
            Self.router(loss: base.loss) { router in
                devices.add(to: router)
                management.add(to: router)
                DeviceLinkRoutes(links: links, devices: devices).add(to: router)
            })
        local = RouteClient(Self.router(loss: { _ in nil }) { management.add(to: $0) })
    }

    /// A router that refuses as the protocol wants it.
    private static func router(
        loss: @escaping PeerLossCheck, add: (Router<HubContext>) -> Void
    ) -> Router<HubContext> {
        let router = Router(context: HubContext.self)
        router.add(middleware: ErrorAnswers(HubErrorForm()))
        router.add(middleware: MenderRefusals())
        router.add(middleware: LastingPeers(loss: loss))
        add(router)
        MenderRefusals.addMethods(to: router)
        return router
    }
}
