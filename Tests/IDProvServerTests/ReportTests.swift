import HTTPTypes
import HubHTTP
import Issuing
internal import IssuingTestSupport
internal import Journal
internal import JournalTestSupport
internal import Rooms
internal import RouteTestSupport
import Testing
import Wire

/// `POST /idprov/report`: what a device tells of other hubs.
@Suite struct ReportTests {
    private static func post(_ rig: IDProvRig, _ body: [UInt8], as peer: Peer) async throws -> HTTPResponse.Status {
        try await rig.network.send(.post, HubReport.path, body: body, as: peer).status
    }

    @Test func report_RaisesAnAlarmAboutTheDeviceOfTheCertificate() async throws {
        let rig = try await IDProvRig()
        let peer = try await rig.peer("d1", ou: "iotdevice")
        let report = HubReport(kind: .fakeHub, detail: "192.0.2.66:43776 idprov: foreignAuthority")
        #expect(try await Self.post(rig, report.encoded(), as: peer) == .ok)
        let alarm = try #require(try await rig.rooms.journal.alarms(all: false, before: nil, limit: 9).first)
        #expect(alarm.kind == .fakeHub && alarm.subject == "d1" && alarm.detail == report.detail)
    }

    @Test func eleventhReportOfADay_IsRefused_AndOtherDevicesAreNot() async throws {
        let rig = try await IDProvRig()
        let peer = try await rig.peer("d1", ou: "iotdevice")
        let body = HubReport(kind: .fakeHub, detail: "x").encoded()
        for _ in 1...10 { #expect(try await Self.post(rig, body, as: peer) == .ok) }
        #expect(try await Self.post(rig, body, as: peer) == .tooManyRequests)
        #expect(try await Self.post(rig, body, as: try await rig.peer("d2", ou: "iotdevice")) == .ok)
        #expect(try await rig.rooms.journal.alarms(all: false, before: nil, limit: 9).map(\.count) == [1, 10])
        rig.clock.advance(by: 86_400)
        #expect(try await Self.post(rig, body, as: peer) == .ok)
    }

    @Test(arguments: [
        (#"{"kind":"odd"}"#, HTTPResponse.Status.badRequest), ("{}", .badRequest), ("no", .badRequest),
        (#"{"kind":"fakeHub","detail":7}"#, .badRequest), (#"{"kind":"fakeHub"}"#, .ok),
        (#"{"kind":"fakeHub","detail":""# + String(repeating: "x", count: 4096) + #""}"#, .contentTooLarge),
    ])
    func bodiesThatAreNone_AreRefused(body: String, status: HTTPResponse.Status) async throws {
        let rig = try await IDProvRig()
        let peer = try await rig.peer("d1", ou: "iotdevice")
        #expect(try await Self.post(rig, Array(body.utf8), as: peer) == status)
    }

    @Test func deviceThatIsOut_IsNotHeard() async throws {
        let rig = try await IDProvRig()
        _ = try await TestDevice("d1", secret: "").provision(at: rig)
        try await rig.issuer.reject(deviceID: "d1", by: .hub)
        let body = HubReport(kind: .fakeHub, detail: "x").encoded()
        #expect(try await Self.post(rig, body, as: try await rig.peer("d1", ou: "iotdevice")) == .forbidden)
    }
}
