import Devices
internal import Encoding
import HTTPTypes
import HubHTTP
import Issuing
internal import JournalTestSupport
import MenderServer
internal import RouteTestSupport
import Testing

/// docs/protocols/mender.md 7.1, row by row: what a device is told to install.
@Suite struct DeviceQuestionTests {
    private static let next = "v1/deployments/device/deployments/next"
    private static let next2 = "v2/deployments/device/deployments/next"

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
            now = site.rig.clock.now
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
}
