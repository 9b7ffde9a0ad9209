import AdminServer
import HubHTTP
import Issuing
import IssuingTestSupport
internal import JournalTestSupport
import Presence
internal import RecordTestSupport
internal import Rooms
import RouteTestSupport
import Updates
import UpdatesTestSupport

/// The routes of the admin API over records, an issuer and updates of their own. The daemon around them is
/// ``NoDaemon``.
struct AdminRig: HoldsIssuer {
    let base: UpdatesRig
    /// Calls the routes as they are reached over TLS.
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
    init(folder: TemporaryFolder? = nil) async throws {
        base = try await UpdatesRig(folder: folder)
        let (rooms, daemon) = (base.rooms, NoDaemon(importFolder: base.folder.path))
        let routes = AdminRoutes(
            issuer: base.issuer, updates: base.updates, artifacts: base.artifacts, journal: rooms.journal,
            people: rooms.people,
            secrets: rooms.secrets, devices: rooms.devices, pairingWindows: rooms.pairingWindows,
            identities: rooms.identities, inventory: rooms.inventory, configurations: rooms.configurations,
            linkKeys: rooms.linkKeys, health: rooms.health, reach: rooms.reach, releases: rooms.releases,
            presence: Presence(journal: rooms.journal),
            authority: AuthorityOperation(
                catalogue: base.issuing.catalogue, lists: base.issuing.lists, publication: nil),
            hub: HubAbilities(daemon: daemon, backups: daemon, webhooks: daemon, links: daemon, tunnels: daemon))
        network = RouteClient(loss: base.loss) { routes.add(to: $0) }
        local = RouteClient { routes.add(to: $0) }
    }
}
