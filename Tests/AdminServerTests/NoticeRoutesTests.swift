internal import AdminAPI
import Foundation
import HTTPTypes
import HubHTTP
internal import IssuingTestSupport
internal import Journal
internal import JournalTestSupport
internal import Rooms
internal import RouteTestSupport
import Testing

/// Webhooks, alarms and pairing windows as `hubctl` asks for them.
@Suite struct NoticeRoutesTests {
    private static let root = Peer(address: "local", userID: 0)

    private static func ask<Value: Decodable>(
        _ rig: AdminRig, _ type: Value.Type, _ method: HTTPRequest.Method, _ path: String, _ body: String = "",
        status: HTTPResponse.Status = .ok
    ) async throws -> Value {
        let answer = try await rig.local.send(method, "/admin/v1" + path, body: Array(body.utf8), as: root)
        #expect(answer.status == status, "\(answer.text)")
        return try JSONDecoder().decode(type, from: Data(answer.body))
    }

    @Test func webhook_ShowsItsSecretOnce() async throws {
        let rig = try await AdminRig()
        let made = try await Self.ask(
            rig, AdminWebhook.self, .post, "/webhooks",
            #"{"url":"https://desk.example/","events":["pending","pending"]}"#,
            status: .created)
        #expect(made.secret?.hasPrefix("whsec_") == true && made.events == ["pending"])
        let page = try await Self.ask(rig, AdminPage<AdminWebhook>.self, .get, "/webhooks")
        #expect(page.items.count == 1 && page.items[0].secret == nil && page.items[0].id == made.id)
        let id = try #require(made.id)
        #expect(try await rig.local.send(.delete, "/admin/v1/webhooks/" + id, as: Self.root).status == .noContent)
        let gone = try await Self.ask(
            rig, AdminFailure.self, .delete, "/webhooks/" + id, status: .notFound)
        #expect(gone.error.code == "unknownWebhook")
    }

    @Test(arguments: [
        (#"{"url":"https://desk.example/","events":["odd"]}"#, "badRequest"),
        (#"{"url":"http://127.0.0.1/"}"#, "invalidWebhook"), (#"{"url":"x"}"#, "invalidWebhook"),
        (#"{"url":"https://desk.example/","authorityPEM":"none"}"#, "invalidWebhook"),
        (#"{"url":"https://desk.example/","secret":"short"}"#, "invalidWebhook"), ("{}", "badRequest"),
    ])
    func badWebhook_IsRefused(body: String, code: String) async throws {
        let rig = try await AdminRig()
        let failure = try await Self.ask(rig, AdminFailure.self, .post, "/webhooks", body, status: .badRequest)
        #expect(failure.error.code == code)
        #expect(!failure.error.message.contains("short"))
    }

    @Test func alarm_IsListedAndAcknowledged() async throws {
        let rig = try await AdminRig()
        try await rig.rooms.journal.reportFakeHub("d1", detail: "x", by: .hub)
        let page = try await Self.ask(rig, AdminPage<AdminAlarm>.self, .get, "/alarms")
        let alarm = try #require(page.items.first)
        #expect(alarm.kind == "fakeHub" && alarm.subject == "d1")
        let seen = try await Self.ask(rig, AdminAlarm.self, .post, "/alarms/\(alarm.id)/ack", "{}")
        #expect(seen.acknowledgedBy == "uid 0")
        #expect(try await Self.ask(rig, AdminPage<AdminAlarm>.self, .get, "/alarms").items.isEmpty)
        #expect(try await Self.ask(rig, AdminPage<AdminAlarm>.self, .get, "/alarms?all=true").items.count == 1)
        let failure = try await Self.ask(rig, AdminFailure.self, .post, "/alarms/x/ack", "{}", status: .notFound)
        #expect(failure.error.code == "unknownAlarm")
    }

    @Test func pairingWindow_IsOpenedShownAndClosed() async throws {
        let rig = try await AdminRig()
        let none = try await Self.ask(rig, AdminPairing.self, .get, "/pairing")
        #expect(!none.isOpen && !none.isRequired && none.closesAt == nil)
        let open = try await Self.ask(
            rig, AdminPairing.self, .post, "/pairing", #"{"minutes":10,"approve":true}"#, status: .created)
        #expect(open.isOpen && open.approves == true && open.limit == 1 && open.openedBy == "uid 0")
        #expect(try await rig.local.send(.delete, "/admin/v1/pairing", as: Self.root).status == .noContent)
        let failure = try await Self.ask(rig, AdminFailure.self, .delete, "/pairing", status: .notFound)
        #expect(failure.error.code == "noPairingWindow")
        let bad = try await Self.ask(
            rig, AdminFailure.self, .post, "/pairing", #"{"minutes":500}"#, status: .badRequest)
        #expect(bad.error.code == "invalidPairing")
    }

    @Test func pendingListing_SaysHowOftenADeviceAsked() async throws {
        let rig = try await AdminRig()
        let device = try TestDevice("d1", secret: "")
        for _ in 1...2 {
            _ = try await device.enrol(at: rig)
            rig.clock.advance(by: 30)
        }
        let page = try await Self.ask(rig, AdminPage<AdminDevice>.self, .get, "/devices?state=pending")
        #expect(page.items.first?.timesAsked == 2)
        #expect(try await Self.ask(rig, AdminDevice.self, .get, "/devices/d1").timesAsked == nil)
    }
}
