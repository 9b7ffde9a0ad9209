internal import Encoding
import HTTPTypes
import HubHTTP
import Issuing
import Journal
internal import JournalTestSupport
import MenderServer
internal import Rooms
internal import RouteTestSupport
import Testing

/// docs/protocols/mender.md 7.3, row by row: what a device may report.
@Suite struct DeviceReportTests {
    private static let everyStatusRows: [(String, Int)] = [
        ("downloading", 204), ("pause_before_installing", 204), ("installing", 204), ("pause_before_rebooting", 204),
        ("rebooting", 204), ("pause_before_committing", 204), ("success", 204), ("failure", 204),
        ("already-installed", 204), ("pending", 400), ("aborted", 400), ("noartifact", 400), ("decommissioned", 400),
        ("Success", 400), ("", 400), ("nonsense", 400),
    ]

    @Test func everyStatus_IsTakenOrNot_AnyNumberOfTimes() async throws {
        let site = try await UpdateSite()
        try await site.upload(try UpdateSite.artifact("rel-1"))
        for (index, (status, code)) in Self.everyStatusRows.enumerated() {
            let device = try await site.device(index)
            let deployment = try await site.deploy("rel-1", to: [device])
            try await device.next()
            for _ in 0..<3 {
                let answer = try await device.report(status, deployment, substate: "some text")
                #expect(answer.status.code == code, "\(answer.text)")
            }
            #expect(try await site.statistics(deployment) == [code == 204 ? status : "pending": 1])
            let shown = try await site.send(.get, "v1/deployments/deployments/\(deployment)/devices/list").json.array?
                .first
            #expect(shown?["substate"]?.string == (code == 204 ? "some text" : ""))
            #expect(shown?["started"] != nil || code == 400)
            let isFinished = ["success", "failure", "already-installed"].contains(status)
            #expect((shown?["finished"] != nil) == isFinished)
            let state = try await site.shown(deployment)["status"]?.string
            #expect(state == (isFinished ? "finished" : code == 204 ? "inprogress" : "pending"))
        }
    }

    private static let reportWithoutStatusRows: [String] = [
        "", "[]", "{", "{}", #"{"status":1}"#, #"{"status":null}"#, #"{"state":"success"}"#,
    ]

    @Test func reportWithoutStatus_IsABadRequest() async throws {
        let site = try await UpdateSite()
        let device = try await site.device()
        try await site.upload(try UpdateSite.artifact("rel-1"))
        let deployment = try await site.deploy("rel-1", to: [device])
        try await device.next()
        for body in Self.reportWithoutStatusRows {
            let path = "v1/deployments/device/deployments/\(deployment)/status"
            #expect(try await device.send(.put, path, body).status == .badRequest)
        }
    }

    @Test func longSubstate_IsCut_AndAnyOrderIsTaken() async throws {
        let clock = ManualClock(at: 1_790_000_000)
        let site = try await UpdateSite(clock: clock)
        let device = try await site.device()
        try await site.upload(try UpdateSite.artifact("rel-1"))
        let deployment = try await site.deploy("rel-1", to: [device])
        try await device.next()
        let text = String(repeating: "é", count: 300)
        #expect(try await device.report("success", deployment, substate: text).status == .noContent)
        func shown() async throws -> JSONValue? {
            try await site.send(.get, "v1/deployments/deployments/\(deployment)/devices/list").json.array?.first
        }
        let first = try await shown()
        #expect(first?["substate"]?.string?.count == 200)
        clock.advance(by: 100)
        #expect(try await device.report("success", deployment, substate: "more").status == .noContent)
        #expect(try await shown()?["finished"] == first?["finished"])
        for late in ["installing", "failure"] {
            #expect(try await device.report(late, deployment).status == .noContent)
            #expect(try await shown()?["status"]?.string == "success")
            #expect(try await shown()?["finished"] == first?["finished"])
        }
        #expect(try await site.shown(deployment)["status"]?.string == "finished")
    }

    @Test func report_OfAnotherDevicesOrNoDeployment_IsNotFound() async throws {
        let site = try await UpdateSite()
        let (device, other) = (try await site.device(1), try await site.device(2))
        try await site.upload(try UpdateSite.artifact("rel-1"))
        let deployment = try await site.deploy("rel-1", to: [device, other])
        try await device.next()
        for id in [deployment, UniqueID.make(), "nonsense"] {
            let answer = try await other.report("installing", id)
            #expect(answer.status == .notFound)
            #expect(answer.refusal == "Resource not found")
        }
        let log = #"{"messages":[{"level":"i","message":"m","timestamp":"t"}]}"#
        let path = "v1/deployments/device/deployments/\(deployment)/log"
        #expect(try await other.send(.put, path, log).refusal == "Deployment not found")
        #expect(try await other.controlMap(deployment).status == .notFound)
    }

    @Test func abortedDeployment_IsToldAtTheNextReport() async throws {
        let site = try await UpdateSite()
        let (device, silent) = (try await site.device(1), try await site.device(2))
        try await site.upload(try UpdateSite.artifact("rel-1"))
        let deployment = try await site.deploy("rel-1", to: [device, silent])
        try await device.next()
        #expect(try await device.report("downloading", deployment).status == .noContent)
        let path = "v1/deployments/deployments/\(deployment)/status"
        for bad in ["{}", #"{"status":"finished"}"#, ""] {
            #expect(try await site.send(.put, path, bad).status == .badRequest)
        }
        #expect(try await site.send(.put, path, #"{"status":"aborted"}"#).status == .noContent)
        let again = try await site.send(.put, path, #"{"status":"aborted"}"#)
        #expect(again.status == .unprocessableContent)
        #expect(again.refusal == "Deployment already finished")
        for status in ["installing", "failure", "success"] {
            let answer = try await device.report(status, deployment)
            #expect(answer.status == .conflict)
            #expect(answer.refusal == "Deployment aborted")
        }
        #expect(try await device.next().status == .noContent)
        #expect(try await silent.next().status == .noContent)
        #expect(try await site.statistics(deployment) == ["aborted": 2])
        #expect(try await site.shown(deployment)["status"]?.string == "finished")
        // Its log is taken nevertheless.
        let log = #"{"messages":[{"level":"i","message":"m","timestamp":"t"}]}"#
        let logPath = "v1/deployments/device/deployments/\(deployment)/log"
        #expect(try await device.send(.put, logPath, log).status == .noContent)
        let actions = try await site.client.rooms.journal.auditEvents(before: nil, subject: deployment, limit: 100)
        #expect(!actions.map(\.action).contains("deployment.finish"))
    }

    @Test func decommissionedDevice_EndsItsPart() async throws {
        let site = try await UpdateSite()
        let (device, silent) = (try await site.device(1), try await site.device(2))
        try await site.upload(try UpdateSite.artifact("rel-1"))
        let deployment = try await site.deploy("rel-1", to: [device, silent])
        try await device.next()
        for one in [device, silent] {
            let id = try await site.id(one)
            #expect(try await site.send(.delete, "v2/devauth/devices/\(id)").status == .noContent)
        }
        #expect(try await site.statistics(deployment) == ["decommissioned": 2])
        #expect(try await site.shown(deployment)["status"]?.string == "finished")
        #expect(try await device.report("installing", deployment).status == .unauthorized)
    }
}
