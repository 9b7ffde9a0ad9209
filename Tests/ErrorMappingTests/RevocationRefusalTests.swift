import HTTPTypes
import HubHTTP
import Hummingbird
import Issuing
import IssuingTestSupport
internal import Journal
import RecordTestSupport
import RevocationServer
internal import Rooms
import Store
import Testing

/// What those are told who fetch what they check certificates with, and get none.
@Suite struct RevocationRefusalTests {
    @Test func unknownFileAndFault_AreSaidInTheHubsOwnForm_WithoutAnOperatorsHint() async throws {
        let rig = try await IssuingRig()
        let router = Router(context: HubContext.self)
        RevocationRoutes(issuer: rig.issuer, lists: rig.lists, responder: rig.responder).add(to: router)
        let responder = router.buildResponder()

        let unknown = try await ErrorRoute.answer(of: responder, .get, "/pki/ca-7.crl")
        #expect(unknown.status == .notFound)
        #expect(unknown.text == #"{"error":{"code":"http404","message":"no such file","hint":""}}"#)

        // A list needs a number, which is kept.
        try await rig.rooms.journal.store.write { db in try db.script("DROP TABLE setting") }
        let fault = try await ErrorRoute.answer(of: responder, .get, "/pki/ca.crl")
        #expect(fault.status == .internalServerError)
        #expect(fault.text == #"{"error":{"code":"internal","message":"","hint":""}}"#)
    }
}
