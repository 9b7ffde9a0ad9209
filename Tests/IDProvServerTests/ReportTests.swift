import HTTPTypes
import HubDaemon
import HubHTTP
import HubTestSupport
import Issuing
import Journal
import Testing
import Wire

/// `POST /idprov/report`: what a device tells of other hubs.
@Suite struct ReportTests {
    private static func post(_ hub: TestHub, _ body: [UInt8], as peer: Peer) async throws -> HTTPResponse.Status {
        try await hub.network.send(.post, HubReport.path, body: body, as: peer).status
    }

    @Test func report_RaisesAnAlarmAboutTheDeviceOfTheCertificate() async throws {
        let hub = try await TestHub()
        let peer = try await hub.peer("d1", ou: "iotdevice")
        let report = HubReport(kind: .fakeHub, detail: "192.0.2.66:43776 idprov: foreignAuthority")
        #expect(try await Self.post(hub, report.encoded(), as: peer) == .ok)
        let alarm = try #require(try await hub.hub.rooms.journal.alarms(all: false, before: nil, limit: 9).first)
        #expect(alarm.kind == .fakeHub && alarm.subject == "d1" && alarm.detail == report.detail)
    }

    @Test func eleventhReportOfADay_IsRefused_AndOtherDevicesAreNot() async throws {
        let hub = try await TestHub()
        let peer = try await hub.peer("d1", ou: "iotdevice")
        let body = HubReport(kind: .fakeHub, detail: "x").encoded()
        for _ in 1...10 { #expect(try await Self.post(hub, body, as: peer) == .ok) }
        #expect(try await Self.post(hub, body, as: peer) == .tooManyRequests)
        #expect(try await Self.post(hub, body, as: try await hub.peer("d2", ou: "iotdevice")) == .ok)
        #expect(try await hub.hub.rooms.journal.alarms(all: false, before: nil, limit: 9).map(\.count) == [1, 10])
        hub.clock.advance(by: 86_400)
        #expect(try await Self.post(hub, body, as: peer) == .ok)
    }

    @Test(arguments: [
        (#"{"kind":"odd"}"#, HTTPResponse.Status.badRequest), ("{}", .badRequest), ("no", .badRequest),
        (#"{"kind":"fakeHub","detail":7}"#, .badRequest), (#"{"kind":"fakeHub"}"#, .ok),
        (#"{"kind":"fakeHub","detail":""# + String(repeating: "x", count: 4096) + #""}"#, .contentTooLarge),
    ])
    func bodiesThatAreNone_AreRefused(body: String, status: HTTPResponse.Status) async throws {
        let hub = try await TestHub()
        let peer = try await hub.peer("d1", ou: "iotdevice")
        #expect(try await Self.post(hub, Array(body.utf8), as: peer) == status)
    }

    @Test func deviceThatIsOut_IsNotHeard() async throws {
        let hub = try await TestHub()
        _ = try await TestDevice("d1", secret: "").provision(at: hub)
        try await hub.hub.issuer.reject(deviceID: "d1", by: .hub)
        let body = HubReport(kind: .fakeHub, detail: "x").encoded()
        #expect(try await Self.post(hub, body, as: try await hub.peer("d1", ou: "iotdevice")) == .forbidden)
    }
}
