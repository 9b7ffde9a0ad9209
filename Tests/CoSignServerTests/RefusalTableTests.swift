import CoSignTestSupport
import CoSigning
import Encoding
import HTTPTypes
import Journal
import RecordTestSupport
import Releases
import RouteTestSupport
import Testing

/// Every refusal of the table in docs/protocols/cosign.md 6, with its status and its body.
@Suite struct RefusalTableTests {
    @Test(arguments: Fault.parties + Fault.tokens + Fault.bodies + Fault.claims)
    func faultyRequest_IsRefusedByItsName_AndUsesNothingUp(fault: Fault) async throws {
        let rig = try await CoSignRig()
        let ask = try await fault.make(rig)
        let before = try await rig.journal.auditEvents(before: nil, subject: nil, limit: 100).count
        let answer = try await rig.send(ask)
        #expect(answer.isRefusal(fault.status, fault.error), "\(answer.status) \(answer.text)")
        #expect(try await rig.journal.auditEvents(before: nil, subject: nil, limit: 100).count == before)
        // The same is said of an upload where it applies, but for the kind of message.
        guard fault.error == "unauthenticated" else { return }
        var upload = try rig.ask(rig.publisher.release(1, at: rig.now), with: [rig.publisher.project])
        upload.path = rig.releasesPath
        upload.token = ask.token
        upload.type = "application/jose+json"
        let status = try await rig.send(upload).status
        #expect(status == .forbidden)
        #expect(try await rig.releases.releases(project: nil, stream: nil).isEmpty)
    }

    @Test func requestWithEveryFault_IsRefusedForTheFirstOfTheTable() async throws {
        let rig = try await CoSignRig { $0.requiresProjectSignature = true }
        let (publisher, now) = (rig.publisher, rig.now)
        let stranger = try Publisher.key(publisher.server.kid.text)
        let good = try rig.ask(publisher.message(at: now), with: [publisher.project])
        try await rig.setState(.suspended, of: publisher.project)
        var ask = good
        ask.path = "/projects/nothing/cosign_for_server/nobody"
        ask.token = nil
        ask.body = [UInt8](repeating: 0x78, count: 65_537)
        func expect(_ status: Int, _ error: String) async throws {
            let answer = try await rig.send(ask)
            #expect(answer.isRefusal(status, error), "\(error): \(answer.status) \(answer.text)")
        }
        try await expect(404, "unknown_project")
        ask.path = "/projects/\(rig.projectID)/cosign_for_server/nobody"
        try await expect(413, "too_large")
        ask.body.removeLast()
        try await expect(403, "unknown_server")
        ask.path = rig.serverPath
        try await expect(403, "unauthenticated")
        ask.token = good.token
        try await expect(400, "bad_request")
        let ended = publisher.message(at: now, [("jti", nil), ("iss", .string("x")), ("exp", .number("1"))])
        ask.body = try Publisher.signed(ended, by: [stranger, publisher.project])
        try await expect(403, "bad_signature")
        ask.body = try Publisher.signed(ended, by: [publisher.server, publisher.project])
        try await expect(403, "project_key_suspended")
        ask.body = try Publisher.signed(ended, by: [publisher.server])
        try await expect(400, "bad_request")
        let id: Publisher.Changes = [("jti", publisher.message(at: now)["jti"])]
        ask.body = try Publisher.signed(ended.changed(id), by: [publisher.server])
        try await expect(403, "policy")
        ask.body = try Publisher.signed(publisher.message(at: now, id), by: [publisher.server])
        try await expect(403, "missing_project_signature")
        try await rig.setState(.active, of: publisher.project)
        ask = good
        #expect(try await rig.send(ask).status == .ok)
        try await expect(403, "replayed")
    }

    @Test func timesAtTheirTolerance_AreAccepted() async throws {
        let rig = try await CoSignRig()
        // A co-signature ends with its message, so that one must not have ended.
        for (message, token) in [(Int64(120), Int64(120)), (-3599, -3603)] {
            var ask = try rig.ask(rig.publisher.message(at: rig.now + message))
            ask.token = try Publisher.token(of: rig.publisher.server, at: rig.now + token)
            let answer = try await rig.send(ask)
            #expect(answer.status == .ok, "\(message): \(answer.text)")
        }
    }
}
