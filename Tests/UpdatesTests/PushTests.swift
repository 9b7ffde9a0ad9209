internal import Journal
internal import JournalTestSupport
internal import RecordTestSupport
import Testing
import Wire

@testable import Updates
internal import UpdatesTestSupport

/// What an operator pushes to one device.
@Suite struct PushTests {
    private static func rig() async throws -> (rig: UpdatesRig, device: LiveDevice) {
        let rig = try await UpdatesRig.make()
        var device = try await LiveDevice(rig)
        try await device.join()
        try await rig.firmware("0.2.0")
        try await rig.firmware("0.3.0")
        return (rig, device)
    }

    @Test func push_GoesBeforeEverything_AndRolloutsLeaveTheDeviceAlone() async throws {
        var (rig, device) = try await Self.rig()
        let rollout = try await rig.rollOut("0.2.0") { $0.product = "widget" }
        try await rig.updates.setMode(.off, of: device.id, by: .hub)
        let notices = rig.updates.notices.subscribe()
        let pushed = try await rig.updates.push("widget-0.3.0", to: device.id, by: .hub)
        var next = notices.makeAsyncIterator()
        #expect(await next.next()?.devices == [DeviceID(device.id)])
        #expect(pushed.plan.isPush && pushed.plan.isForced)
        #expect(try await device.sent() == "widget-0.3.0")
        try await device.says(.completed)
        try await device.join("0.3.0")
        #expect(try await rig.state(pushed, device) == .success)
        #expect(try await rig.now(pushed).state == .finished)
        #expect(try await device.settings().isEnabled == false)
        try await rig.updates.setMode(.automatic, of: device.id, by: .hub)
        #expect(try await device.sent() == nil)
        try await rig.updates.setEnabled(true, of: device.id, by: .hub)
        #expect(try await device.sent() == "widget-0.2.0", "the roll-out was older, and would still have it")
        #expect(try await rig.state(rollout, device) == .pending)
    }

    @Test func push_GoesBeforeAPartThatWaits_WhichGoesOnAfterwards() async throws {
        var (rig, device) = try await Self.rig()
        let rollout = try await rig.rollOut("0.2.0") { $0.penaltyMinutes = 10 }
        #expect(try await device.sent() == "widget-0.2.0")
        try await device.says(.failed(reason: ""))
        let pushed = try await rig.updates.push("widget-0.3.0", to: device.id, by: .hub)
        #expect(try await device.sent() == "widget-0.3.0")
        #expect(try await device.sent() == nil)
        try await device.says(.updating(10))
        #expect(try await rig.state(pushed, device) == .installing)
        #expect(try await rig.state(rollout, device) == .pending)
        try await device.says(.completed)
        try await device.join("0.3.0")
        #expect(try await rig.state(pushed, device) == .success)
        try await rig.updates.setEnabled(true, of: device.id, by: .hub)
        #expect(try await device.sent() == "widget-0.2.0")
    }

    @Test func push_WaitsForTheUpdateThatIsUnderWay() async throws {
        var (rig, device) = try await Self.rig()
        _ = try await rig.rollOut("0.2.0")
        #expect(try await device.sent() == "widget-0.2.0")
        _ = try await rig.updates.push("widget-0.3.0", to: device.id, by: .hub)
        #expect(try await device.sent() == nil)
        try await device.says(.completed)
        try await device.join("0.2.0")
        #expect(try await device.sent() == "widget-0.3.0")
    }

    @Test func push_OutsideOfWindows_AndByID_ReachesAPollingDevice() async throws {
        let rig = try await UpdatesRig.make()
        let device = try await rig.device("a")
        let artifact = try await rig.upload(try UpdatesRig.artifact("rel-1"))
        try await rig.updates.setMode(.off, of: device, by: .hub)
        let pushed = try await rig.updates.push(artifact.id.uppercased(), to: device, by: .hub)
        #expect(try await rig.next(device, ["artifact_name": "rel-1"]) == pushed.id)
        try await rig.report(.success, pushed, device)
        #expect(try await rig.now(pushed).state == .finished)
    }

    @Test(arguments: [
        LinkStatus.failed(reason: ""), .ignored(reason: ""), .rescheduled(seconds: 300, reason: ""),
    ]) func push_IsTriedOnce_AndBlocksNothing(report: LinkStatus) async throws {
        let (rig, device) = try await Self.rig()
        let pushed = try await rig.updates.push("widget-0.2.0", to: device.id, by: .hub)
        #expect(try await device.sent() == "widget-0.2.0")
        try await device.says(.received)
        try await device.says(report)
        #expect(try await rig.state(pushed, device) == .failure)
        #expect(try await rig.substate(pushed, device) == report.text)
        #expect(try await device.settings().waitsUntil(now: rig.clock.now) == nil)
        #expect(try await device.sent() == nil)
    }

    @Test func pushThatBrokeOff_IsSentAgain() async throws {
        var (rig, device) = try await Self.rig()
        let pushed = try await rig.updates.push("widget-0.2.0", to: device.id, by: .hub)
        #expect(try await device.sent() == "widget-0.2.0")
        try await device.says(.updating(50))
        try await device.join()
        #expect(try await device.sent() == "widget-0.2.0")
        try await device.says(.completed)
        try await device.join("0.2.0")
        #expect(try await rig.state(pushed, device) == .success)
    }

    @Test func pushOfWhatIsNotThere_OrToNobody_IsRefused_AndChangesNothing() async throws {
        let (rig, device) = try await Self.rig()
        await #expect(throws: UpdatesError.noArtifact("nothing")) {
            try await rig.updates.push("nothing", to: device.id, by: .hub)
        }
        #expect(try await device.settings().isEnabled)
        await #expect(throws: UpdatesError.self) { try await rig.updates.push("widget-0.2.0", to: "nobody", by: .hub) }
        _ = try await rig.updates.push("widget-0.2.0", to: device.id, by: .hub)
        await #expect(throws: UpdatesError.deploymentExists) {
            try await rig.updates.push("widget-0.2.0", to: device.id, by: .hub)
        }
    }
}
