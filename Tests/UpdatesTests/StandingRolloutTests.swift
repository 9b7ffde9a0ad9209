internal import Issuing
internal import Journal
internal import JournalTestSupport
internal import RecordTestSupport
import Testing
import Wire

@testable import Updates
internal import UpdatesTestSupport

/// docs/protocols/device-link.md 8: roll-outs that stay open, and what they do with devices that fail.
@Suite struct StandingRolloutTests {
    private static func rig(_ count: Int) async throws -> (rig: UpdatesRig, devices: [LiveDevice]) {
        let rig = try await UpdatesRig.make()
        var devices: [LiveDevice] = []
        for number in 0..<count { devices.append(try await LiveDevice(rig, "widget \(number)")) }
        for index in devices.indices { try await devices[index].join() }
        try await rig.firmware("0.2.0")
        return (rig, devices)
    }

    @Test func openRollout_HasTheDefaultsOfAGroup_WhenItHasAnOptionOfOne() async throws {
        let (rig, devices) = try await Self.rig(1)
        let changes: [@Sendable (inout RolloutPlan) -> Void] = [
            { $0.concurrent = 3 }, { $0.product = "widget" }, { $0.platform = "x" }, { $0.architecture = "x" },
            { $0.versionRequirement = "" }, { $0.failures = 1 }, { $0.failureRate = .init(amount: 1, seconds: 1) },
            { $0.penaltyMinutes = 60 },
        ]
        for change in changes {
            var wanted = RolloutPlan()
            change(&wanted)
            let plan = try await rig.rollOut("0.2.0", change).plan
            #expect(plan.concurrent == wanted.concurrent ?? 10)
            #expect(plan.failures == wanted.failures ?? 3)
            #expect(plan.failureRate == wanted.failureRate ?? .init(amount: 5, seconds: 180))
            #expect(plan.penaltyMinutes == wanted.penaltyMinutes ?? 1440)
            let deployment = try #require(try await rig.updates.deployments(DeploymentQuery()).deployments.first)
            try await rig.updates.abort(deployment.id, by: .hub)
        }
        #expect(try await rig.rollOut("0.2.0").plan == RolloutPlan())
        let named = try await rig.deploy("widget-0.2.0", to: [devices[0].id]) { $0.concurrent = 1 }
        #expect(named.plan.failures == nil && named.plan.penaltyMinutes == nil)
    }

    @Test func openRollout_TakesDevicesThatComeLater_AndNeverFinishes() async throws {
        var (rig, devices) = try await Self.rig(1)
        let deployment = try await rig.rollOut("0.2.0") { $0.product = "widget" }
        for round in 0..<3 {
            #expect(try await devices[round].sent() == "widget-0.2.0")
            try await devices[round].says(.completed)
            try await devices[round].join("0.2.0")
            devices.append(try await LiveDevice(rig, "later \(round)"))
            try await devices[round + 1].join()
        }
        let now = try await rig.now(deployment)
        #expect(now.state == .inProgress && now.counts.finished == 3)
        try await rig.updates.abort(deployment.id, by: .hub)
        #expect(try await devices[3].sent() == nil)
    }

    @Test func onlySoMany_AreAtWorkAtOnce() async throws {
        var (rig, devices) = try await Self.rig(5)
        let deployment = try await rig.rollOut("0.2.0") { $0.concurrent = 2 }
        func ask() async throws -> [Int] {
            var told: [Int] = []
            for (index, device) in devices.enumerated() where try await device.sent() != nil { told.append(index) }
            return told
        }
        #expect(try await ask() == [0, 1])
        #expect(try await ask() == [])
        // One that waits after its failure is not at work.
        try await devices[0].says(.failed(reason: ""))
        #expect(try await ask() == [2])
        try await devices[1].says(.completed)
        #expect(try await ask() == [])
        try await devices[1].join("0.2.0")
        #expect(try await ask() == [3])
        try await devices[2].says(.rescheduled(seconds: 600, reason: ""))
        #expect(try await ask() == [4])
        rig.clock.advance(by: 600)
        #expect(try await ask() == [])
        try await rig.issuer.remove(deviceID: devices[4].id, by: .hub)
        devices.removeLast()
        #expect(try await ask() == [2])
        #expect(try await rig.statistics(deployment)[.success] == 1)
    }

    @Test func pollingDevices_CountAsAtWorkToo() async throws {
        let rig = try await UpdatesRig.make()
        let devices = try await rig.devices(2)
        try await rig.upload(try UpdatesRig.artifact("rel-1"))
        let deployment = try await rig.deploy("rel-1", to: devices) { $0.concurrent = 1 }
        #expect(try await rig.next(devices[0]) == deployment.id)
        #expect(try await rig.next(devices[0]) == deployment.id)
        #expect(try await rig.next(devices[1]) == nil)
        try await rig.report(.success, deployment, devices[0])
        #expect(try await rig.next(devices[1]) == deployment.id)
    }

    /// Condition, whether a widget 1.2.3 for qemu on arm is meant by it.
    private static let conditions: [(@Sendable (inout RolloutPlan) -> Void, Bool)] = [
        ({ $0.product = "widget" }, true), ({ $0.product = "Widget" }, false), ({ $0.platform = "qemu" }, true),
        ({ $0.platform = "rpi" }, false), ({ $0.architecture = "arm" }, true), ({ $0.architecture = "x86" }, false),
        ({ $0.versionRequirement = ">= 1.0.0 and < 2.0.0" }, true), ({ $0.versionRequirement = "~> 1.3" }, false),
        ({ $0.versionRequirement = "" }, true),
        (
            {
                $0.product = "widget"
                $0.architecture = "arm"
                $0.versionRequirement = "1.2.3"
            }, true
        ),
        (
            {
                $0.product = "widget"
                $0.architecture = "x86"
            }, false
        ),
    ]

    @Test(arguments: 0..<conditions.count, [true, false])
    func conditions_AreDecidedByWhatTheDeviceSays(index: Int, isReported: Bool) async throws {
        let rig = try await UpdatesRig.make()
        var device = try await LiveDevice(rig, version: "1.2.3")
        try await device.join()
        try await rig.firmware("2.0.0")
        let (change, isMeant) = Self.conditions[index]
        _ = try await rig.rollOut("2.0.0", change)
        // What it does not say now, it has said when it joined.
        var report = DeviceReport(device.running, occasion: .push)
        if !isReported { report.provides = [:] }
        let told = try await rig.updates.next(device.id, report, by: .hub)
        #expect(told?.artifact?.name == (isMeant ? "widget-2.0.0" : nil))
    }

    @Test func deviceThatSaysNothing_IsNotMeant_AndIsLookedAtAgainWhenItDoes() async throws {
        let rig = try await UpdatesRig.make()
        let device = try await rig.device("a")
        try await rig.upload(try UpdatesRig.artifact("rel-1"))
        let deployment = try await rig.deploy("rel-1", to: [device]) { $0.versionRequirement = ">= 1.0.0" }
        #expect(try await rig.next(device) == nil)
        #expect(try await rig.next(device, ["version": "latest"]) == nil)
        #expect(try await rig.next(device, ["version": "0.9.0"]) == nil)
        #expect(try await rig.next(device, ["version": "1.0.0"]) == deployment.id)
    }

    @Test func deviceThatIsNotMeant_GetsTheNextOne() async throws {
        let (rig, devices) = try await Self.rig(1)
        try await rig.firmware("0.3.0")
        _ = try await rig.rollOut("0.2.0") { $0.versionRequirement = ">= 1.0.0" }
        _ = try await rig.rollOut("0.3.0") { $0.versionRequirement = "< 1.0.0" }
        #expect(try await devices[0].sent() == "widget-0.3.0")
    }

    @Test func deviceThatBecameAnother_BetweenItsTries_WaitsForNothing() async throws {
        var (rig, devices) = try await Self.rig(1)
        let deployment = try await rig.rollOut("0.2.0") {
            $0.versionRequirement = "< 0.2.0"
            $0.penaltyMinutes = 1
        }
        #expect(try await devices[0].sent() == "widget-0.2.0")
        try await devices[0].says(.failed(reason: ""))
        rig.clock.advance(by: 60)
        try await devices[0].join("0.9.0")
        #expect(try await devices[0].sent() == nil)
        #expect(try await rig.state(deployment, devices[0]) == .noArtifact)
    }

    @Test func failure_CostsTheDeviceItsPenalty_AndSoManyItsPart() async throws {
        var (rig, devices) = try await Self.rig(1)
        let deployment = try await rig.rollOut("0.2.0") {
            $0.failures = 3
            $0.penaltyMinutes = 10
        }
        for failures in 1...3 {
            #expect(try await devices[0].sent() == "widget-0.2.0")
            try await devices[0].says(.received)
            try await devices[0].says(.failed(reason: "\(failures)"))
            #expect(try await rig.state(deployment, devices[0]) == (failures < 3 ? .pending : .failure))
            #expect(try await devices[0].settings().waitsUntil(now: rig.clock.now) == rig.clock.now + 600)
            try await devices[0].join()
            rig.clock.advance(by: 599)
            #expect(try await devices[0].sent() == nil)
            rig.clock.advance(by: 1)
        }
        #expect(try await devices[0].sent() == nil)
        #expect(try await devices[0].settings().attempts.count == 3)
        #expect(try await rig.now(deployment).counts.failed == 1)
    }

    @Test func triesThatBreakOff_AreFailuresWithoutPenalty() async throws {
        var (rig, devices) = try await Self.rig(1)
        let deployment = try await rig.rollOut("0.2.0") { $0.failures = 2 }
        #expect(try await devices[0].sent() == "widget-0.2.0")
        // What never arrived was no try.
        try await devices[0].join()
        for _ in 0..<2 {
            #expect(try await devices[0].sent() == "widget-0.2.0")
            try await devices[0].says(.received)
            try await devices[0].join()
        }
        #expect(try await rig.state(deployment, devices[0]) == .failure)
        #expect(try await devices[0].settings().waitsUntil(now: rig.clock.now) == nil)
    }

    @Test func tooManyTriesInAShortTime_MakeTheDeviceWait() async throws {
        var (rig, devices) = try await Self.rig(1)
        _ = try await rig.rollOut("0.2.0") {
            $0.failures = 50
            $0.failureRate = .init(amount: 3, seconds: 180)
            $0.penaltyMinutes = 10
        }
        for _ in 0..<3 {
            #expect(try await devices[0].sent() == "widget-0.2.0")
            try await devices[0].says(.received)
            try await devices[0].join()
            rig.clock.advance(by: 60)
        }
        // The first is 180 seconds ago: it counts no more.
        #expect(try await devices[0].sent() == "widget-0.2.0")
        try await devices[0].says(.received)
        try await devices[0].join()
        #expect(try await devices[0].sent() == nil)
        let settings = try await devices[0].settings()
        #expect(settings.attempts.isEmpty)
        #expect(settings.waitsUntil(now: rig.clock.now) == rig.clock.now + 600)
        rig.clock.advance(by: 600)
        #expect(try await devices[0].sent() == "widget-0.2.0")
    }

    @Test func success_ForgetsTriesAndPenalty() async throws {
        var (rig, devices) = try await Self.rig(1)
        _ = try await rig.rollOut("0.2.0") { $0.penaltyMinutes = 1 }
        #expect(try await devices[0].sent() == "widget-0.2.0")
        try await devices[0].says(.failed(reason: ""))
        rig.clock.advance(by: 60)
        #expect(try await devices[0].sent() == "widget-0.2.0")
        try await devices[0].says(.completed)
        try await devices[0].join("0.2.0")
        #expect(try await devices[0].settings() == UpdateSettings())
    }

    @Test func clockSetBack_MakesNoPenaltyLonger() async throws {
        let (rig, devices) = try await Self.rig(1)
        _ = try await rig.rollOut("0.2.0") { $0.penaltyMinutes = 10 }
        #expect(try await devices[0].sent() == "widget-0.2.0")
        try await devices[0].says(.failed(reason: ""))
        rig.clock.advance(by: -86_400)
        #expect(try await devices[0].settings().waitsUntil(now: rig.clock.now) == rig.clock.now + 600)
        try await rig.updates.expireSilent()
        rig.clock.advance(by: 600)
        #expect(try await devices[0].sent() == "widget-0.2.0")
    }

    @Test func planThatMakesNoSense_IsRefused() async throws {
        let changes: [(inout RolloutPlan) -> Void] = [
            { $0.concurrent = 0 }, { $0.product = "" }, { $0.platform = String(repeating: "x", count: 256) },
            { $0.architecture = "" }, { $0.versionRequirement = "1" }, { $0.failures = 0 }, { $0.penaltyMinutes = 0 },
            { $0.failureRate = .init(amount: 0, seconds: 1) }, { $0.failureRate = .init(amount: 1, seconds: 0) },
        ]
        for change in changes {
            var plan = RolloutPlan()
            change(&plan)
            #expect(throws: UpdatesError.self) { try plan.check() }
        }
    }
}
