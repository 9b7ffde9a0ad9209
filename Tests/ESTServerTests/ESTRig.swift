import ESTServer
import HubHTTP
import Hummingbird
import Issuing
import IssuingTestSupport
internal import JournalTestSupport
import PKI
internal import RecordTestSupport
internal import Rooms
import RouteTestSupport

/// The routes of EST over an issuer of their own, without the rest of a hub.
struct ESTRig: HoldsIssuer, Routed {
    /// What a test may have otherwise than a hub has by default.
    struct Options {
        var makesKeys = false
        var requestedNames: Set<SubjectAlternativeNameKind> = []
        var grace = GracePolicy()
    }

    let issuing: IssuingRig
    let network: RouteClient
    var issuer: Issuer { issuing.issuer }
    var rooms: Rooms { issuing.rooms }
    var clock: ManualClock { issuing.clock }
    var folder: TemporaryFolder { issuing.folder }

    init(change: (inout Options) -> Void = { _ in }) async throws {
        var options = Options()
        change(&options)
        issuing = try await IssuingRig { $0.grace = options.grace }
        let routes = ESTRoutes(issuer: issuing.issuer, makesKeys: options.makesKeys, names: options.requestedNames)
        network = RouteClient(loss: issuing.loss) { routes.add(to: $0) }
    }
}
