import CoSignTestSupport
import CoSigning
import Devices
import Encoding
import HTTPTypes
import HubHTTP
import IssuingTestSupport
import Journal
internal import JournalTestSupport
import PKI
import RecordTestSupport
import Releases
import RouteTestSupport
import Testing

/// What a device asks with its certificate (docs/protocols/cosign.md 6).
@Suite struct DeviceReleaseRouteTests {
    private static let path = "/cosign/v1/device/release?stream=os&type=rpi4"
    private static let nonce = String(repeating: "n", count: 43)

    @Test func device_GetsItsRelease_CoSignedForItselfAndItsChallenge() async throws {
        let rig = try await CoSignRig()
        let lamp = try await rig.device("lamp")
        #expect(try await rig.get(Self.path, as: lamp).status == .noContent)
        try await rig.publish(1)
        let answer = try await rig.get(Self.path + "&nonce=" + Self.nonce, as: lamp)
        #expect(answer.status == .ok && answer.headers[.contentType] == "application/jose+json")
        #expect(answer.headers[.cacheControl] == "no-store")
        #expect(answer.body.count < 2048)
        let trust = try TrustedKeys(try await rig.get("/cosign/v1/trust?type=rpi4", as: lamp).json)
        let verification = Verification(
            trust: trust,
            .init(device: DeviceDescription(id: "lamp", type: "rpi4"), clock: nil, challenge: Self.nonce))
        let message = try SignedMessage(parsing: answer.body)
        #expect(message.entries.map(\.header.kid.text) == [rig.projectID, "project/" + rig.projectID])
        let accepted = try verification.accept(message, kind: .release, state: AcceptanceState())
        #expect(accepted.action == .install && accepted.claims.release?.sequence == 1)
        // The same again is signed afresh: nothing newer exists.
        #expect(try await rig.get(Self.path, as: lamp).status == .ok)
        #expect(try await rig.get("/cosign/v1/device/release?stream=app&type=rpi4", as: lamp).status == .noContent)
        #expect(try await rig.get("/cosign/v1/device/release?stream=os&type=x", as: lamp).status == .noContent)
    }

    @Test(arguments: [
        "", "?stream=", "?stream=OS", "?stream=os&nonce=short", "?stream=os&nonce=" + String(repeating: "n", count: 21),
        "?stream=os&nonce=" + String(repeating: "n", count: 65),
        "?stream=os&nonce=" + String(repeating: "n", count: 42) + "%3D",
        "?stream=os&type=" + String(repeating: "x", count: 129),
    ])
    func question_ThatIsNone_IsABadRequest(query: String) async throws {
        let rig = try await CoSignRig()
        let answer = try await rig.get("/cosign/v1/device/release" + query, as: rig.device("lamp"))
        #expect(answer.isRefusal(400, "bad_request"), "\(answer.status) \(answer.text)")
    }

    @Test(arguments: [
        "device/release?stream=os", "trust", "keysets/2", "device/artifacts/" + Publisher.digest(1),
    ])
    func whoIsNoDevice_IsRefused(path: String) async throws {
        let rig = try await CoSignRig()
        try await rig.publish(1)
        let peers = [Peer(address: "192.0.2.1"), try await rig.admin(), try await rig.peer("ann", ou: "client")]
        for peer in peers {
            let answer = try await rig.get("/cosign/v1/" + path, as: peer)
            #expect(answer.isRefusal(403, "unauthenticated"), "\(answer.status) \(answer.text)")
        }
    }

    @Test func revokedDevice_SuspendedKey_WithdrawnRelease_SuspendedProject_CountWithTheNextRequest() async throws {
        let rig = try await CoSignRig()
        let (lamp, stove) = (try await rig.device("lamp"), try await rig.device("stove"))
        try await rig.publish(1)
        try await rig.publish(2)
        #expect(try await rig.get(Self.path, as: lamp).status == .ok)
        try await rig.setState(.suspended, of: rig.publisher.project)
        #expect(try await rig.get(Self.path, as: lamp).status == .noContent)
        try await rig.setState(.active, of: rig.publisher.project)
        _ = try await rig.releases.setSuspended(rig.projectID, true, by: .hub)
        #expect(try await rig.get(Self.path, as: lamp).isRefusal(403, "suspended"))
        _ = try await rig.releases.setSuspended(rig.projectID, false, by: .hub)
        let second = try #require(try await rig.releases.releases(project: nil, stream: nil).first)
        _ = try await rig.releases.setState(.withdrawn, of: second.id, by: .hub)
        // The lamp had the higher one: no lower one comes after it.
        #expect(try await rig.get(Self.path, as: lamp).status == .noContent)
        let message = try SignedMessage(parsing: try await rig.get(Self.path, as: stove).body)
        #expect(try Claims.decode(message.payload)["seq"]?.integer == 1)
        try await rig.revoke("stove")
        #expect(try await rig.get(Self.path, as: stove).status == .forbidden)
        // A certificate that outlives the record's right is worth nothing.
        try await rig.edit("lamp") { $0.state = .pending }
        #expect(try await rig.get(Self.path, as: lamp).isRefusal(403, "device_revoked"))
        #expect(try await rig.get("/cosign/v1/trust?type=rpi4", as: lamp).isRefusal(403, "device_revoked"))
    }

    @Test func device_WalksTheKeySets_UntilThereIsNone() async throws {
        let rig = try await CoSignRig()
        let lamp = try await rig.device("lamp")
        let path = "/cosign/v1/keysets/"
        func get(_ version: String) async throws -> RouteClient.Answer {
            try await rig.get(path + version + "?type=rpi4", as: lamp)
        }
        #expect(try await get("2").status == .notFound)
        let trust = try TrustedKeys(try await rig.get("/cosign/v1/trust?type=rpi4", as: lamp).json)
        let second = try Publisher.key(rig.projectID + "#2")
        let claims = rig.publisher.keySet(trust, version: 2, at: rig.now, adding: [try second.verification])
        let set = try await rig.releases.coSignKeySet(
            Publisher.signed(claims, by: [rig.publisher.project, second]), project: rig.projectID, by: .hub)
        _ = try await rig.releases.publishKeySet(set.encoded(), project: rig.projectID, by: .hub)
        let answer = try await get("2")
        #expect(answer.status == .ok && answer.headers[.contentType] == "application/jose+json")
        let accepted = try KeySet.accept(SignedMessage(parsing: answer.body), trust: trust, state: AcceptanceState())
        #expect(try TrustedKeys(try await rig.get("/cosign/v1/trust?type=rpi4", as: lamp).json) == accepted.trust)
        for version in ["3", "1", "0", "-1", "x", "99999999999999999999"] {
            #expect(try await get(version).status == .notFound, "\(version)")
        }
        // A device of no project has none.
        #expect(try await rig.get(path + "2", as: lamp).status == .notFound)
        #expect(try await rig.get("/cosign/v1/trust", as: lamp).status == .notFound)
    }

    @Test func trust_IsServedAsItWasAtAVersion() async throws {
        let rig = try await CoSignRig()
        let lamp = try await rig.device("lamp")
        func trust(_ query: String = "") async throws -> RouteClient.Answer {
            try await rig.get("/cosign/v1/trust?type=rpi4" + query, as: lamp)
        }
        let first = try TrustedKeys(try await trust().json)
        let second = try Publisher.key(rig.projectID + "#2")
        let claims = rig.publisher.keySet(first, version: 2, at: rig.now, adding: [try second.verification])
        let set = try Publisher.signed(claims, by: Array(rig.publisher.recovery.prefix(2)) + [second])
        _ = try await rig.releases.publishKeySet(set, project: rig.projectID, by: .hub)
        #expect(try TrustedKeys(try await trust("&version=1").json) == first)
        #expect(try TrustedKeys(try await trust("&version=2").json).version == 2)
        #expect(try TrustedKeys(try await trust().json).version == 2)
        for version in ["0", "3", "%2B2", "02", "x", "99999999999999999999"] {
            #expect(try await trust("&version=" + version).status == .notFound, "\(version)")
        }
    }

    @Test func reports_AreBoundedForEachDevice() async throws {
        let rig = try await CoSignRig()
        let (lamp, stove) = (try await rig.device("lamp"), try await rig.device("stove"))
        let body = Array(#"{"stream":"os","seq":4,"result":"installed"}"#.utf8)
        func report(_ peer: Peer) async throws -> HTTPResponse.Status {
            try await rig.network.send(.post, "/cosign/v1/device/report", body: body, as: peer).status
        }
        for _ in 0..<60 { #expect(try await report(lamp) == .noContent) }
        #expect(try await report(lamp) == .tooManyRequests)
        #expect(try await report(stove) == .noContent)
        rig.clock.advance(by: 10)
        #expect(try await report(lamp) == .noContent)
    }

    @Test func report_IsWrittenDown_WhatIsNoneIsRefused() async throws {
        let rig = try await CoSignRig()
        let lamp = try await rig.device("lamp")
        func report(_ text: String, as peer: Peer) async throws -> RouteClient.Answer {
            try await rig.network.send(.post, "/cosign/v1/device/report", body: Array(text.utf8), as: peer)
        }
        let good = #"{"stream":"os","seq":4,"result":"refused","error":"rollback","trust_origin":"hub"}"#
        #expect(try await report(good, as: lamp).status == .noContent)
        let event = try await rig.journal.auditEvents(before: nil, subject: "lamp", limit: 1).first
        #expect(event?.action == "release.refused" && event?.detail.contains(#""error":"rollback""#) == true)
        #expect(try await report(#"{"stream":"os","seq":4,"result":"installed"}"#, as: lamp).status == .noContent)
        #expect(try await report(good, as: rig.admin()).isRefusal(403, "unauthenticated"))
        for text in [
            "{}", #"{"stream":"OS","result":"installed"}"#, #"{"stream":"os","result":"maybe"}"#,
            #"{"stream":"os","result":"refused","error":"no such name"}"#,
            #"{"stream":"os","seq":0,"result":"installed"}"#, #"{"stream":"os","seq":"1","result":"installed"}"#,
            #"{"stream":"os","stream":"os","result":"installed"}"#,
            #"{"stream":"os","result":"installed","x":""# + String(repeating: "y", count: 4096) + "\"}",
        ] {
            #expect(try await report(text, as: lamp).isRefusal(400, "bad_request"), "\(text.prefix(80))")
        }
    }
}
