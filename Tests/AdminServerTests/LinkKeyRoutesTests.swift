import AdminAPI
import Devices
import Encoding
import Foundation
import HTTPTypes
import HubHTTP
internal import JournalTestSupport
internal import Rooms
import RouteTestSupport
import SecretsTestSupport
import Testing

/// Link keys over the admin API, and devices that wait on the link.
@Suite struct LinkKeyRoutesTests {
    private static let root = Peer(address: "local", userID: 0)

    private static func add(_ rig: AdminRig, _ body: String) async throws -> RouteClient.Answer {
        try await rig.local.send(.post, "/admin/v1/link/keys", body: Array(body.utf8), as: Self.root)
    }

    private static func key(_ answer: RouteClient.Answer) throws -> AdminLinkKey {
        try JSONDecoder().decode(AdminLinkKey.self, from: Data(answer.body))
    }

    private static func keys(_ rig: AdminRig) async throws -> [AdminLinkKey] {
        let answer = try await rig.local.send(.get, "/admin/v1/link/keys", as: Self.root)
        return try JSONDecoder().decode(AdminPage<AdminLinkKey>.self, from: Data(answer.body)).items
    }

    @Test func secret_IsShownOnce() async throws {
        let rig = try await AdminRig()
        let answer = try await Self.add(rig, #"{"product":"widget","name":"line 3","requiresApproval":true}"#)
        #expect(answer.status == .created)
        let made = try Self.key(answer)
        let secret = try #require(made.secret)
        #expect(made.product == "widget" && made.requiresApproval && made.name == "line 3" && secret.utf8.count == 43)
        let list = try await rig.local.send(.get, "/admin/v1/link/keys", as: Self.root)
        #expect(list.text.contains(made.key.prefix(12)) && !list.text.contains(secret))
    }

    @Test(arguments: [
        "{}", #"{"product":"a","deviceID":"b"}"#, #"{"product":""}"#, #"{"product":"a","key":"nhp_12345"}"#,
        #"{"product":"a","secret":"0123456789abcdef"}"#, #"{"deviceID":"b","requiresApproval":true}"#,
        #"{"deviceID":"a/b"}"#, #"{"product":"a","key":"nhd_12345","secret":"0123456789abcdef"}"#,
    ]) func whatCanNotBeAKey_IsRefused(_ body: String) async throws {
        let rig = try await AdminRig()
        #expect(try await Self.add(rig, body).status == .badRequest)
        #expect(try await Self.keys(rig).isEmpty)
    }

    /// Keys hold `+` and `/`, which mean something in a path.
    @Test func revoking_TakesAnyKey() async throws {
        let rig = try await AdminRig()
        let body = #"{"product":"a","key":"nhp_+/+/aaaa","secret":"0123456789abcdef"}"#
        #expect(try await Self.add(rig, body).status == .created)
        let path = LinkKeyEndpoints.revoke("nhp_+/+/").target
        let answer = try await rig.local.send(.delete, path, as: Self.root)
        #expect(try Self.key(answer).revokedAt != nil)
        #expect(try await Self.keys(rig).map(\.revokedAt) != [nil])
        let unknown = try await rig.local.send(.delete, LinkKeyEndpoints.revoke("nhp_bbbb").target, as: Self.root)
        #expect(unknown.status == .notFound && unknown.text.contains("unknownLinkKey"))
        let short = try await rig.local.send(.delete, LinkKeyEndpoints.revoke("nhp_").target, as: Self.root)
        #expect(short.status == .badRequest && short.text.contains("8 characters or more"))
    }

    @Test func deviceThatWaitsOnTheLink_IsShownAndApprovedThere() async throws {
        let rig = try await AdminRig()
        let made = try Self.key(try await Self.add(rig, #"{"product":"widget","requiresApproval":true}"#))
        let signer = LinkSigner(key: made.key, secret: try #require(made.secret))
        func connect() async throws -> LinkAdmission {
            rig.clock.advance(by: 1)
            return try await rig.rooms.linkKeys.authenticate(
                try signer.headers(of: "sim-1", at: rig.clock.now), address: "192.0.2.1")
        }
        #expect(try await connect() == .refused)
        let shown = try await rig.local.send(.get, "/admin/v1/devices/sim-1", as: Self.root)
        let device = try JSONDecoder().decode(AdminDevice.self, from: Data(shown.body))
        #expect(device.state == "pending" && device.linkIdentity?.product == "widget")
        #expect(device.linkIdentity?.connectedAt == nil)
        for body in ["{}", #"{"onLink":true,"fingerprint":"aa"}"#, #"{"onLink":false}"#] {
            let answer = try await rig.local.send(
                .post, "/admin/v1/devices/sim-1/approve", body: Array(body.utf8), as: Self.root)
            #expect(answer.status == .badRequest, "\(body)")
        }
        let answer = try await rig.local.send(
            .post, "/admin/v1/devices/sim-1/approve", body: Array(#"{"onLink":true}"#.utf8), as: Self.root)
        #expect(answer.status == .ok && answer.text.contains(#""state":"approved""#))
        #expect(try await connect() != .refused)
    }

    @Test func deviceThatIsNotOnTheLink_IsNotApprovedThere() async throws {
        let rig = try await AdminRig()
        let answer = try await rig.local.send(
            .post, "/admin/v1/devices/lamp/approve", body: Array(#"{"onLink":true}"#.utf8), as: Self.root)
        #expect(answer.status == .notFound)
    }
}
