internal import Journal
internal import JournalTestSupport
internal import Rooms
import Testing
import Wire

@testable import Updates
internal import UpdatesTestSupport

/// docs/protocols/device-link.md 6.2: a device that comes back with firmware that the hub did not send it.
@Suite struct FlashedDeviceTests {
    private static func sent(
        _ change: (inout RolloutPlan) -> Void = { _ in }
    ) async throws -> (rig: UpdatesRig, deployment: Deployment, device: LiveDevice) {
        let rig = try await UpdatesRig.make()
        var device = try await LiveDevice(rig)
        try await device.join()
        try await rig.firmware("0.2.0")
        let deployment = try await rig.deploy("widget-0.2.0", to: [device.id]) {
            $0.penaltyMinutes = 10
            change(&$0)
        }
        #expect(try await device.sent() == "widget-0.2.0")
        return (rig, deployment, device)
    }

    @Test func otherFirmware_EndsThePenalty_AndForgetsTheTries() async throws {
        var (rig, deployment, device) = try await Self.sent { $0.retries = 1 }
        try await device.says(.received)
        try await device.says(.failed(reason: "no"))
        #expect(try await device.settings().attempts.count == 1)
        try await device.join()
        #expect(try await device.settings().waitsUntil(now: rig.clock.now) != nil, "it is the same firmware")
        #expect(try await device.sent() == nil)
        try await device.join("0.9.0")
        #expect(try await device.settings() == UpdateSettings())
        #expect(try await device.sent() == "widget-0.2.0")
        #expect(try await rig.state(deployment, device) == .pending)
    }

    @Test(arguments: [LinkStatus.received, .updating(30), .completed], [false, true])
    func otherFirmware_EndsTheUpdateUnderWay_WithoutAPenalty(
        report: LinkStatus, isDownloading: Bool
    ) async throws {
        var (rig, deployment, device) = try await Self.sent()
        try await device.says(report)
        try await device.join("0.9.0", downloading: isDownloading ? "0.2.0" : nil)
        #expect(try await rig.state(deployment, device) == .failure)
        #expect(try await rig.substate(deployment, device) == "came back with other firmware")
        #expect(try await device.settings() == UpdateSettings())
        #expect(rig.updates.progress(of: deployment.id).isEmpty)
    }

    @Test func oldFirmware_AfterTheInstallation_CostsThePenalty() async throws {
        var (rig, deployment, device) = try await Self.sent()
        try await device.says(.completed)
        try await device.join("0.1.0", hasReverted: true)
        #expect(try await rig.state(deployment, device) == .failure)
        #expect(try await device.settings().waitsUntil(now: rig.clock.now) == rig.clock.now + 600)
        #expect(try await device.known()["firmware_reverted"] == "yes")
    }
}
