import CoSignTestSupport
import CoSigning
import Encoding
import HTTPTypes
import HubHTTP
import IssuingTestSupport
import Journal
import PKI
import Releases
import RouteTestSupport
import Testing

/// Releases as servers upload and operators judge them (docs/protocols/cosign.md 6).
@Suite struct ReleaseRouteTests {
    @Test func uploadOfAServer_IsCreated_TheSameAgainIsNot_ALowerOneIsAConflict() async throws {
        let rig = try await CoSignRig()
        let claims = rig.publisher.release(3, at: rig.now)
        func upload(_ claims: JSONValue) async throws -> RouteClient.Answer {
            var ask = try rig.ask(claims, with: [rig.publisher.project])
            ask.path = rig.releasesPath
            ask.type = "application/jose+json"
            return try await rig.send(ask)
        }
        let created = try await upload(claims)
        #expect(created.status == .created, "\(created.text)")
        #expect(try created.json["stream"] == .string("os") && created.json["seq"] == .number("3"))
        #expect(try created.json["version"] == .string("2.4.3") && created.json["state"] == .string("approved"))
        let again = try await upload(claims)
        #expect(again.status == .ok)
        #expect(try again.json["id"] == created.json["id"])
        for sequence in [Int64(3), 2] {
            let answer = try await upload(rig.publisher.release(sequence, at: rig.now))
            #expect(answer.isRefusal(409, "seq_not_higher"), "\(answer.text)")
        }
    }

    @Test func uploadWithAnAdministratorsCertificate_NeedsNoToken() async throws {
        let rig = try await CoSignRig { $0.approval = .manual }
        let admin = try await rig.admin()
        let body = try Publisher.signed(rig.publisher.release(1, at: rig.now), by: [rig.publisher.project])
        func upload(_ peer: Peer) async throws -> RouteClient.Answer {
            try await rig.network.send(
                .post, rig.releasesPath, body: body, headers: [.contentType: "application/jose+json"], as: peer)
        }
        #expect(try await upload(Peer(address: "192.0.2.1")).isRefusal(403, "unauthenticated"))
        #expect(try await upload(rig.device("lamp")).isRefusal(403, "unauthenticated"))
        for role in ["client", "service", "plugin"] {
            #expect(try await upload(rig.peer("ann", ou: role)).isRefusal(403, "unauthenticated"), "\(role)")
        }
        let answer = try await upload(admin)
        #expect(answer.status == .created, "\(answer.text)")
        #expect(try answer.json["state"] == .string("pending"))
    }

    @Test func operator_ApprovesWithdrawsAndLists() async throws {
        let rig = try await CoSignRig { $0.approval = .manual }
        let admin = try await rig.admin()
        var ids: [String] = []
        for sequence in [Int64(1), 2] {
            ids.append(try #require(try await rig.publish(sequence).json["id"]?.string))
        }
        func change(_ id: String, _ word: String, as peer: Peer) async throws -> RouteClient.Answer {
            try await rig.network.send(
                .post, "/cosign/v1/releases/\(id)/\(word)", headers: [.contentType: "application/json"], as: peer)
        }
        for word in ["approve", "withdraw"] {
            #expect(try await change(ids[0], word, as: Peer(address: "192.0.2.1")).isRefusal(403, "unauthenticated"))
            #expect(try await change("nothing", word, as: admin).status == .notFound)
        }
        let approved = try await change(ids[0], "approve", as: admin)
        #expect(approved.status == .ok && approved.text == #"{"id":"\#(ids[0])","state":"approved"}"#)
        #expect(try await change(ids[0], "approve", as: admin).status == .ok)
        #expect(try await change(ids[0], "withdraw", as: admin).json["state"] == .string("withdrawn"))
        #expect(try await change(ids[0], "approve", as: admin).status == .conflict)
        #expect(try await rig.get("/cosign/v1/releases", as: Peer(address: "192.0.2.1")).status == .forbidden)
        let list = try await rig.get("/cosign/v1/releases?project=\(rig.projectID)&stream=os", as: admin).json
        #expect(list.array?.compactMap { $0["seq"]?.integer } == [2, 1])
        #expect(list.array?.compactMap { $0["state"]?.string } == ["pending", "withdrawn"])
        #expect(try await rig.get("/cosign/v1/releases?stream=app", as: admin).json.array?.isEmpty == true)
        #expect(try await rig.get("/cosign/v1/releases?project=x", as: admin).json.array?.isEmpty == true)
    }

    @Test func faultyUpload_IsRefusedByItsName_AndNothingIsKept() async throws {
        let rig = try await CoSignRig()
        let (publisher, now) = (rig.publisher, rig.now)
        func refusal(
            _ claims: JSONValue, by keys: [SigningKey], path: String? = nil
        ) async throws -> RouteClient.Answer {
            try await rig.send(
                CoSignRig.Ask(
                    path: path ?? rig.releasesPath, token: Publisher.token(of: publisher.server, at: now),
                    body: Publisher.signed(claims, by: keys), type: "application/jose+json"))
        }
        let both = [publisher.server, publisher.project]
        let release = publisher.release(1, at: now)
        #expect(try await refusal(release, by: [publisher.server]).isRefusal(403, "missing_project_signature"))
        #expect(try await refusal(release, by: [publisher.project]).isRefusal(403, "bad_signature"))
        #expect(try await refusal(publisher.message(at: now), by: both).isRefusal(403, "policy"))
        #expect(
            try await refusal(release, by: both, path: "/cosign/v1/projects/nothing/releases").isRefusal(
                404, "unknown_project"))
        let sizes = [("artifact", Optional(Publisher.artifact(sha256: "ab", size: 1)))]
        #expect(
            try await refusal(publisher.release(1, at: now, sizes.map { (name: $0.0, value: $0.1) }), by: both)
                .isRefusal(400, "bad_request"))
        #expect(try await rig.releases.releases(project: nil, stream: nil).isEmpty)
    }
}
