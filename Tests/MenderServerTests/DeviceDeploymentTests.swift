import HTTPTypes
import HubDaemon
import HubHTTP
import HubTestSupport
import Issuing
import MenderServer
import Registry
import Testing
import Wire

/// spec/mender.md 7 and 8, row by row: what a device is told and what it may say.
@Suite struct DeviceDeploymentTests {
    private static let next = "v1/deployments/device/deployments/next"
    private static let next2 = "v2/deployments/device/deployments/next"

    // MARK: - 7.1

    @Test func threeForms_GetTheSameInstructions() async throws {
        let site = try await UpdateSite()
        let device = try await site.device()
        let artifact = try await site.upload(try UpdateSite.artifact("rel-1", types: ["qemu", "rpi"]))
        #expect(try await device.next().status == .noContent)
        let deployment = try await site.deploy("rel-1", to: [device])
        let values = #"{"artifact_name":"rel-0","device_type":"qemu"}"#
        let answers = [
            try await device.send(.post, Self.next2, #"{"device_provides":\#(values)}"# + "\n"),
            try await device.send(.post, Self.next, values + "\n"),
            try await device.send(.get, Self.next + "?device_type=qemu&artifact_name=rel%2D0"),
        ]
        for answer in answers {
            #expect(answer.status == .ok)
            #expect(answer.json["id"]?.string == deployment)
            #expect(answer.json["type"]?.string == "software")
            let told = answer.json["artifact"]
            #expect(told?["id"]?.string == artifact)
            #expect(told?["artifact_name"]?.string == "rel-1")
            #expect(told?["device_types_compatible"]?.array == [.string("qemu"), .string("rpi")])
            #expect(told?["source"]?["uri"]?.string?.hasPrefix("https://") == true)
            #expect(told?["source"]?["expire"]?.string?.hasSuffix("Z") == true)
            #expect(answer.json["update_control_map"] == nil)
        }
    }

    private static let incompleteQuestionRows: [String] = [
        "", "{", "[]", "null", "{}", #"{"device_provides":{}}"#, #"{"device_provides":{"artifact_name":"a"}}"#,
        #"{"device_provides":{"artifact_name":"a","device_type":""}}"#, #"{"device_provides":[]}"#,
        #"{"device_provides":{"artifact_name":"a","device_type":"b","c":1}}"#,
        #"{"device_provides":{"artifact_name":["a"],"device_type":"b"}}"#, #"{"device_provides":null}"#,
        #"{"device_provides":{"artifact_name":"a","device_type":null}}"#,
        #"{"device_provides":{"artifact_name":"a","artifact_name":"b","device_type":"c"}}"#,
    ]

    @Test func incompleteQuestion_IsABadRequest() async throws {
        let site = try await UpdateSite { $0.mender.pollsPerMinute = 0 }
        let device = try await site.device()
        for body in Self.incompleteQuestionRows {
            let answer = try await device.send(.post, Self.next2, body)
            #expect(answer.status == .badRequest)
            #expect(answer.refusal != nil)
            #expect(try await device.send(.post, Self.next, body).status == .badRequest)
            #expect(try await device.send(.get, Self.next).status == .badRequest)
            #expect(try await device.send(.get, Self.next + "?artifact_name=a&device_type=").status == .badRequest)
            #expect(try await device.send(.get, Self.next + "?artifact_name=%ff&device_type=a").status == .badRequest)
        }
    }

    @Test func longQuestion_IsTooLarge() async throws {
        let site = try await UpdateSite()
        let device = try await site.device()
        let text = String(repeating: "x", count: 70_000)
        let body = #"{"device_provides":{"artifact_name":"a","device_type":"b","c":"\#(text)"}}"#
        #expect(try await device.send(.post, Self.next2, body).status == .contentTooLarge)
    }

    @Test func sameQuestion_GetsTheSameInstructions_AlsoAfterARestart() async throws {
        let folder = try TemporaryFolder()
        let identity = #"{"n":1}"#
        var deployment = ""
        var token = ""
        var now: Int64 = 0
        do {
            let site = try await UpdateSite(folder: folder)
            let device = try await site.device()
            token = device.token
            try await site.upload(try UpdateSite.artifact("rel-1"))
            deployment = try await site.deploy("rel-1", to: [device])
            #expect(try await device.next().json["id"]?.string == deployment)
            now = site.hub.clock.now
        }
        let client = try await ManagementClient(folder: folder, clock: ManualClock(at: now))
        let device = try UpdateDevice(client, identity)
        device.token = token
        for _ in 0..<2 {
            let answer = try await device.next()
            #expect(answer.status == .ok)
            #expect(answer.json["id"]?.string == deployment)
        }
        #expect(try await device.report("downloading", deployment).status == .noContent)
        #expect(try await device.next().json["id"]?.string == deployment)
    }

    @Test func otherReport_WhileADeploymentIsOpen_IsAConflictAndAFailure() async throws {
        let site = try await UpdateSite()
        let device = try await site.device()
        try await site.upload(try UpdateSite.artifact("rel-1"))
        let deployment = try await site.deploy("rel-1", to: [device])
        #expect(try await device.next("rel-0").status == .ok)
        let answer = try await device.next("rel-9")
        #expect(answer.status == .conflict)
        #expect(answer.refusal == "Device provided conflicting request data")
        #expect(try await site.statistics(deployment) == ["failure": 1])
        #expect(try await device.next("rel-9").status == .noContent)
        #expect(try await site.shown(deployment)["status"]?.string == "finished")
    }

    @Test func conflict_WithRetriesLeft_IsOfferedAgain() async throws {
        let site = try await UpdateSite()
        let device = try await site.device()
        try await site.upload(try UpdateSite.artifact("rel-1"))
        let deployment = try await site.deploy("rel-1", to: [device], more: #","retries":1"#)
        #expect(try await device.next("rel-0").status == .ok)
        #expect(try await device.next("rel-9").status == .conflict)
        #expect(try await device.next("rel-9").json["id"]?.string == deployment)
        #expect(try await device.next("rel-8").status == .conflict)
        #expect(try await site.statistics(deployment) == ["failure": 1])
    }

    @Test func noFittingArtifact_AlreadyInstalled_AndForced() async throws {
        let site = try await UpdateSite()
        let (first, second, third) = (try await site.device(1), try await site.device(2), try await site.device(3))
        try await site.upload(try UpdateSite.artifact("rel-1"))
        let deployment = try await site.deploy("rel-1", to: [first, second])
        #expect(try await first.next("rel-0", type: "other").status == .noContent)
        #expect(try await second.next("rel-1").status == .noContent)
        #expect(try await site.statistics(deployment) == ["noartifact": 1, "already-installed": 1])
        #expect(try await site.shown(deployment)["status"]?.string == "finished")
        let forced = try await site.deploy(
            "rel-1", to: [third], name: "forced", more: #","force_installation":true"#)
        #expect(try await third.next("rel-1").json["id"]?.string == forced)
    }

    @Test func tooManyQuestions_AreSentAway_ReportsNever() async throws {
        let clock = ManualClock(at: 1_790_000_000)
        let site = try await UpdateSite(clock: clock) { $0.mender.pollsPerMinute = 2 }
        let device = try await site.device()
        try await site.upload(try UpdateSite.artifact("rel-1"))
        let deployment = try await site.deploy("rel-1", to: [device])
        clock.advance(by: 61)
        #expect(try await device.next().status == .ok)
        #expect(try await device.send(.get, Self.next + "?artifact_name=rel-0&device_type=qemu").status == .ok)
        let refused = try await device.next()
        #expect(refused.status == .tooManyRequests)
        #expect(refused.field("Retry-After").flatMap { Int($0) }.map { (1...60).contains($0) } == true)
        for _ in 0..<200 { #expect(try await device.report("installing", deployment).status == .noContent) }
        #expect(
            try await device.send(.put, "v1/inventory/device/attributes", "[]").status == .ok)
        clock.advance(by: 60)
        #expect(try await device.next().status == .ok)
    }

    // MARK: - 7.3

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
        #expect(try await other.send(.get, Self.map(deployment)).status == .notFound)
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
        let actions = try await site.client.registry.auditEvents(before: nil, subject: deployment, limit: 100)
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

    // MARK: - 7.5

    @Test func log_IsKept_ReplacedAndShownAsLines() async throws {
        let site = try await UpdateSite()
        let device = try await site.device()
        try await site.upload(try UpdateSite.artifact("rel-1"))
        let deployment = try await site.deploy("rel-1", to: [device])
        try await device.next()
        try await device.report("failure", deployment)
        let path = "v1/deployments/device/deployments/\(deployment)/log"
        let shownAt = "v1/deployments/deployments/\(deployment)/devices/\(try await site.id(device))/log"
        #expect(try await site.send(.get, shownAt).status == .notFound)
        for bad in [
            "", "{}", "[]", #"{"messages":[]}"#, #"{"messages":{}}"#, #"{"messages":[{}]}"#, #"{"messages":["a"]}"#,
            #"{"messages":[{"level":"i","message":"m"}]}"#,
            #"{"messages":[{"level":"i","message":1,"timestamp":"t"}]}"#,
            #"{"messages":[{"level":"i","message":"m","timestamp":"t"},{"level":"i"}]}"#,
        ] {
            #expect(try await device.send(.put, path, bad).status == .badRequest, "\(bad)")
        }
        let first = #"{"messages":[{"level":"info","message":"one","timestamp":"2026-11-21T00:34:01Z"}]}"#
        #expect(try await device.send(.put, path, first).status == .noContent)
        let second = #"""
            {"messages":[{"level":"info","message":"a\nb\u001b[31m","timestamp":"2026-11-21T00:34:01Z","more":1},
            {"level":"debug","message":"","timestamp":"x"}]}
            """#
        #expect(try await device.send(.put, path, second).status == .noContent)
        let shown = try await site.send(.get, shownAt)
        #expect(shown.headers[.contentType]?.hasPrefix("text/plain") == true)
        #expect(shown.text == "2026-11-21T00:34:01Z info: a b [31m\nx debug: \n")
        let list = try await site.send(.get, "v1/deployments/deployments/\(deployment)/devices/list")
        #expect(list.json.array?.first?["log"]?.bool == true)
    }

    @Test func logOfAMebibyte_IsTaken_OneByteMoreIsNot() async throws {
        let site = try await UpdateSite()
        let device = try await site.device()
        try await site.upload(try UpdateSite.artifact("rel-1"))
        let deployment = try await site.deploy("rel-1", to: [device])
        try await device.next()
        let path = "v1/deployments/device/deployments/\(deployment)/log"
        let message = #"{"level":"","message":"","timestamp":""}"#
        let count = ((1 << 20) - 16) / (message.utf8.count + 1)
        let body = #"{"messages":["# + Array(repeating: message, count: count).joined(separator: ",") + "]}"
        let padding = String(repeating: " ", count: (1 << 20) - body.utf8.count)
        #expect(try await device.send(.put, path, body + padding).status == .noContent)
        #expect(try await device.send(.put, path, body + padding + " ").status == .contentTooLarge)
    }

    // MARK: - 8

    private static func map(_ deployment: String) -> String {
        "v2/deployments/device/deployments/\(deployment)/update_control_map"
    }

    private static let pause =
        #","update_control_map":{"priority":1,"states":{"ArtifactInstall_Enter":{"action":"pause","on_map_expire":"fail"}}}"#

    @Test func holdPoints_AreTold_ChangedAndLifted() async throws {
        let site = try await UpdateSite()
        let device = try await site.device()
        try await site.upload(try UpdateSite.artifact("rel-1"))
        let deployment = try await site.deploy("rel-1", to: [device], more: Self.pause)
        let told = try await device.next()
        let map = told.json["update_control_map"]
        #expect(map?["id"]?.string == deployment)
        #expect(map?["priority"]?.integer == 1)
        #expect(
            map?["states"]?.encoded()
                == Array(#"{"ArtifactInstall_Enter":{"action":"pause","on_map_expire":"fail"}}"#.utf8))
        #expect(map?.members?.count == 3)
        let asked = try await device.send(.get, Self.map(deployment))
        #expect(asked.status == .ok)
        #expect(asked.json["update_control_map"] == map)
        #expect(try await device.report("pause_before_installing", deployment).status == .noContent)
        #expect(
            try await site.send(.get, "v1/deployments/deployments/\(deployment)/devices?status=pause").json.array?.count
                == 1)
        let path = "v1/deployments/deployments/\(deployment)"
        let change = #"{"update_control_map":{"states":{"ArtifactInstall_Enter":{"action":"continue"}}}}"#
        #expect(try await site.send(.patch, path, change).status == .noContent)
        let lifted = try await device.send(.get, Self.map(deployment)).json["update_control_map"]
        #expect(lifted?["states"]?["ArtifactInstall_Enter"]?["action"]?.string == "continue")
        #expect(try await site.send(.patch, path, #"{"update_control_map":{"states":{}}}"#).status == .noContent)
        #expect(try await device.send(.get, Self.map(deployment)).json["update_control_map"]?["states"] == .object([]))
        try await device.report("success", deployment)
        #expect(try await site.send(.patch, path, change).status == .unprocessableContent)
        #expect(try await device.send(.get, Self.map(deployment)).status == .notFound)
    }

    @Test func deviceWithoutHoldPoints_WaitsUntilTheyAreLifted() async throws {
        let site = try await UpdateSite()
        let (old, new) = (try await site.device(1), try await site.device(2))
        try await site.upload(try UpdateSite.artifact("rel-1"))
        let deployment = try await site.deploy("rel-1", to: [old, new], more: Self.pause)
        #expect(try await old.next(map: false).status == .noContent)
        #expect(try await new.next(map: true).status == .ok)
        // Nor does the one that began with them slip through by another form of the question.
        #expect(try await new.next(map: false).status == .noContent)
        let change = #"{"update_control_map":{"states":{}}}"#
        #expect(try await site.send(.patch, "v1/deployments/deployments/\(deployment)", change).status == .noContent)
        let told = try await old.next(map: false)
        #expect(told.status == .ok)
        #expect(told.json["update_control_map"] == nil)
    }

    @Test func abortedDeployment_HasNoMap() async throws {
        let site = try await UpdateSite()
        let device = try await site.device()
        try await site.upload(try UpdateSite.artifact("rel-1"))
        let deployment = try await site.deploy("rel-1", to: [device], more: Self.pause)
        try await device.next()
        let path = "v1/deployments/deployments/\(deployment)"
        #expect(try await site.send(.put, path + "/status", #"{"status":"aborted"}"#).status == .noContent)
        #expect(try await device.send(.get, Self.map(deployment)).status == .notFound)
    }

    private static let badMapRows: [String] = [
        "[]", "1", #"{"states":[]}"#, #"{"states":{"Nonsense":{}}}"#, #"{"states":{"ArtifactInstall_Enter":1}}"#,
        #"{"states":{"ArtifactInstall_Enter":{"action":"nonsense"}}}"#,
        #"{"states":{"ArtifactInstall_Enter":{"action":1}}}"#,
        #"{"states":{"ArtifactInstall_Enter":{"on_map_expire":"pause"}}}"#,
        #"{"states":{"ArtifactInstall_Enter":{"nonsense":"continue"}}}"#, #"{"priority":11}"#, #"{"priority":-11}"#,
        #"{"priority":1.5}"#, #"{"priority":"1"}"#, #"{"nonsense":1}"#,
        #"{"states":{"ArtifactInstall_Enter":{},"ArtifactInstall_Enter":{}}}"#,
    ]

    @Test func badMap_IsRefused_WhenMadeAndWhenChanged() async throws {
        let site = try await UpdateSite()
        let device = try await site.device()
        try await site.upload(try UpdateSite.artifact("rel-1"))
        let id = try await site.id(device)
        let deployment = try await site.deploy("rel-1", to: [device], more: Self.pause)
        for map in Self.badMapRows {
            let body = #"{"name":"a","artifact_name":"rel-1","devices":["\#(id)"],"update_control_map":\#(map)}"#
            #expect(try await site.send(.post, "v1/deployments/deployments", body).status == .badRequest)
            let path = "v1/deployments/deployments/\(deployment)"
            #expect(try await site.send(.patch, path, #"{"update_control_map":\#(map)}"#).status == .badRequest)
            #expect(try await site.send(.patch, path, "{}").status == .badRequest)
        }
    }

    @Test func mapOfADeploymentWithout_OrOfNone_CantBeChanged() async throws {
        let site = try await UpdateSite()
        let device = try await site.device()
        try await site.upload(try UpdateSite.artifact("rel-1"))
        let deployment = try await site.deploy("rel-1", to: [device])
        let change = #"{"update_control_map":{"states":{}}}"#
        let path = "v1/deployments/deployments/"
        #expect(try await site.send(.patch, path + deployment, change).status == .unprocessableContent)
        #expect(try await site.send(.patch, path + UniqueID.make(), change).status == .notFound)
        try await device.next()
        #expect(try await device.send(.get, Self.map(deployment)).status == .notFound)
    }
}
