internal import AdminAPI
import Foundation
import HTTPTypes
import HubDaemon
import HubHTTP
import HubTestSupport
import Issuing
import PKI
internal import RouteTestSupport
import Testing
internal import Wire

@Suite struct ConfigurationCheckTests {
    private static let root = Peer(address: "local", userID: 0)

    private static func post(_ hub: TestHub, _ path: String, _ body: String) async throws -> RouteClient.Answer {
        let type = body.hasPrefix("{") ? "application/json" : path.contains("import") ? "text/csv" : "application/yaml"
        return try await hub.local.send(
            .post, "/admin/v1" + path, body: Array(body.utf8), headers: [.contentType: type], as: root)
    }

    @Test func configurationCheck_NamesTheProblem() async throws {
        let hub = try await TestHub()
        let good = try await Self.post(hub, "/config/check", "site:\n  name: x\n")
        #expect(try JSONDecoder().decode(AdminVerdict.self, from: Data(good.body)).isGood)
        let bad = try await Self.post(hub, "/config/check", "sight: 1\n")
        #expect(try JSONDecoder().decode(AdminVerdict.self, from: Data(bad.body)).findings.joined().contains("sight"))
    }
}
