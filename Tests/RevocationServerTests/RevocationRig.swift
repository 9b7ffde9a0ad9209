import Issuing
import IssuingTestSupport
internal import JournalTestSupport
internal import RecordTestSupport
import RevocationServer
internal import Rooms
import RouteTestSupport

/// What is published of an issuer, without the rest of a hub.
struct RevocationRig: HoldsIssuer {
    let issuing: IssuingRig
    /// Calls the routes of the plain-HTTP listener.
    let publication: RouteClient
    var issuer: Issuer { issuing.issuer }
    var rooms: Rooms { issuing.rooms }
    var clock: ManualClock { issuing.clock }
    var folder: TemporaryFolder { issuing.folder }
    var responder: OCSPResponder { issuing.responder }

    init() async throws {
        issuing = try await IssuingRig()
        let routes = RevocationRoutes(issuer: issuing.issuer, lists: issuing.lists, responder: issuing.responder)
        publication = RouteClient { routes.add(to: $0) }
    }

    /// One whose OCSP responder signs.
    static func ready() async throws -> RevocationRig {
        let rig = try await RevocationRig()
        try await rig.issuing.openResponder()
        return rig
    }
}
