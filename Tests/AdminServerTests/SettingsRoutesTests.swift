internal import AdminAPI
import Devices
internal import Encoding
import Foundation
import HTTPTypes
import HubHTTP
internal import Journal
import PKI
internal import RecordTestSupport
internal import Rooms
internal import RouteTestSupport
import Testing
import Wire

/// Settings of devices, and what is known of them, over the admin API.
@Suite struct SettingsRoutesTests {
    private let rig: AdminRig
    private let device: String

    init() async throws {
        rig = try await AdminRig()
        let request = AuthenticationRequest(
            identity: #"{"serial":"1"}"#, publicKey: try PrivateKey.makeP256().publicKey, tier: "standard",
            certifiedDeviceID: nil, address: "192.0.2.7")
        _ = try await rig.rooms.identities.preauthorize(
            request.identity, publicKey: request.publicKey, force: false, by: .hub)
        let token = try #require(try await rig.rooms.identities.authenticate(request))
        device = try await #require(try rig.rooms.identities.session(deviceToken: token)).deviceID
    }

    private func send(
        _ method: HTTPRequest.Method, _ path: String, _ body: String = "{}"
    ) async throws -> RouteClient.Answer {
        try await rig.local.send(
            method, "/admin/v1/devices/" + path, body: Array(body.utf8), as: Peer(address: "local", userID: 0))
    }

    private func read<Value: Decodable>(_ type: Value.Type, _ answer: RouteClient.Answer) throws -> Value {
        try JSONDecoder().decode(type, from: Data(answer.body))
    }

    private func settings() async throws -> AdminSettings {
        try read(AdminSettings.self, try await send(.get, "\(device)/settings"))
    }

    @Test func settings_AreChangedOneByOne_ReplacedAndDropped() async throws {
        #expect(try await settings() == AdminSettings(deviceID: device))
        let first = try await send(.post, "\(device)/settings", #"{"set":{"a":"1","b":"2"}}"#)
        #expect(try read(AdminSettings.self, first).configured == ["a": "1", "b": "2"])
        _ = try await send(.post, "\(device)/settings", #"{"set":{"b":"3","c":"4"},"remove":["a","unknown"]}"#)
        #expect(try await settings().configured == ["b": "3", "c": "4"])
        _ = try await send(.post, "\(device)/settings", #"{"set":{"d":"5"},"replace":true}"#)
        #expect(try await settings().configured == ["d": "5"])
        #expect(try await settings().configuredAt != nil)
        let trail = try await rig.rooms.journal.auditEvents(before: nil, subject: device, limit: 100)
        #expect(trail.filter { $0.action == "device.configure" }.count == 3)
    }

    @Test func badSettings_AreRefused_AndChangeNothing() async throws {
        let many = (0...100).map { #""k\#($0)":"v""# }.joined(separator: ",")
        let long = String(repeating: "x", count: 4097)
        for body in [
            "", "[]", #"{"set":{"a":1}}"#, #"{"set":{"":"1"}}"#, "{\"set\":{\(many)}}", #"{"set":{"a":"\#(long)"}}"#,
        ] {
            #expect(try await send(.post, "\(device)/settings", body).status == .badRequest)
        }
        #expect(try await settings().configured.isEmpty)
        for (method, path) in [(HTTPRequest.Method.get, ""), (.post, ""), (.post, "/deploy")] {
            let answer = try await send(method, "nobody/settings" + path)
            #expect(try answer.status == .notFound && read(AdminFailure.self, answer).error.code == "unknownDevice")
        }
    }

    @Test func deployedSettings_AreADeployment() async throws {
        _ = try await send(.post, "\(device)/settings", #"{"set":{"a":"1"}}"#)
        let answer = try await send(.post, "\(device)/settings/deploy", #"{"retries":2}"#)
        #expect(answer.status == .created)
        let deployment = try read(AdminDeployment.self, answer)
        #expect(deployment.retries == 2 && deployment.deviceCount == 1)
        #expect(try await settings().deploymentID == deployment.id)
        #expect(try await send(.post, "\(device)/settings/deploy", #"{"retries":101}"#).status == .badRequest)
    }

    @Test func device_IsShownWithItsInventory() async throws {
        let report = try InventoryReport(
            parsing: Array(#"[{"name":"os","value":["a","b"]},{"name":"mem","value":5}]"#.utf8))
        try await rig.rooms.inventory.replaceInventory(report, of: device)
        let shown = try read(AdminDevice.self, try await send(.get, device))
        let inventory = try #require(shown.inventory)
        #expect(inventory.first { $0.name == "os" }?.value == .array([.string("a"), .string("b")]))
        #expect(inventory.first { $0.name == "mem" }?.value == .number("5"))
        #expect(inventory.contains { $0.scope == "system" } && !inventory.contains { $0.scope == "identity" })
    }
}
