import ESTServer
import HubHTTP
import Hummingbird
import IDProvServer
import Issuing
import IssuingTestSupport
internal import JournalTestSupport
internal import RecordTestSupport
internal import Rooms
import RouteTestSupport

/// The routes of IDProv over an issuer of their own, without the rest of a hub; those of EST stand beside them, which
/// enrols the same devices.
struct IDProvRig: HoldsIssuer, Routed {
    let issuing: IssuingRig
    let network: RouteClient
    var issuer: Issuer { issuing.issuer }
    var rooms: Rooms { issuing.rooms }
    var clock: ManualClock { issuing.clock }
    var folder: TemporaryFolder { issuing.folder }

    /// Makes or opens what a folder holds.
    init(
        folder: TemporaryFolder? = nil, clock: ManualClock? = nil,
        change: (inout IssuingRig.Options) -> Void = { _ in }
    ) async throws {
        issuing = try await IssuingRig(folder: folder, clock: clock, change: change)
        let (issuer, rooms) = (issuing.issuer, issuing.rooms)
        let way = RequestWay(origin: "https://hub:43776", updates: "https://hub:43776", host: "hub")
        let directory = DirectoryDocument(
            issuer: issuer, reach: rooms.reach, way: { _, _ in way },
            ownServices: { _ in (services: [:], isFinal: true) })
        network = RouteClient(loss: issuing.loss) { router in
            IDProvRoutes(
                issuer: issuer, journal: rooms.journal, secrets: rooms.secrets, devices: rooms.devices,
                directory: directory
            ).add(to: router)
            ESTRoutes(issuer: issuer).add(to: router)
        }
    }
}
