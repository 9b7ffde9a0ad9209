internal import Artifact
internal import Devices
internal import Issuing
internal import Journal
internal import JournalTestSupport
internal import Rooms
import Testing
import Wire

@testable import Updates
internal import UpdatesTestSupport

/// docs/protocols/device-link.md 6.2, 7.3, 7.4: an update that goes over a link, from the sending to the coming back.
@Suite struct LiveUpdateTests {
    /// A device that was sent version 0.2.0.
    private static func sent(
        _ change: (inout RolloutPlan) -> Void = { _ in }
    ) async throws -> (rig: UpdatesRig, deployment: Deployment, device: LiveDevice) {
        let rig = try await UpdatesRig.make()
        var device = try await LiveDevice(rig)
        try await device.join()
        try await rig.firmware("0.2.0")
        let deployment = try await rig.deploy("widget-0.2.0", to: [device.id], change)
        #expect(try await device.sent() == "widget-0.2.0")
        return (rig, deployment, device)
    }

    private static let reports: [(LinkStatus, InstallationStatus, String)] = [
        (.received, .downloading, "received"), (.started(interface: "wlan0"), .downloading, "started over wlan0"),
        (.downloading(40), .downloading, "40 %"), (.updating(0), .installing, "0 %"),
        (.updating(100), .installing, "100 %"), (.completed, .rebooting, "completed"),
    ]

    @Test func update_GoesItsWay_AndEndsWhenTheDeviceComesBackWithIt() async throws {
        var (rig, deployment, device) = try await Self.sent()
        for (report, status, text) in Self.reports {
            rig.clock.advance(by: 20)
            try await device.says(report)
            #expect(try await rig.state(deployment, device) == status)
            #expect(try await rig.substate(deployment, device) == text)
            #expect(try await device.settings().flight?.state == report.state)
            #expect(try await device.sent() == nil, "it is sent once")
        }
        #expect(try await device.settings().attempts.count == 1)
        try await device.join("0.2.0")
        #expect(try await rig.state(deployment, device) == .success)
        #expect(try await rig.now(deployment).state == .finished)
        #expect(try await device.settings() == UpdateSettings())
        let events = try await rig.rooms.journal.auditEvents(before: nil, subject: device.id, limit: 100)
        #expect(events.contains { $0.action == "device.firmware" })
    }

    @Test func connectionThatBreaks_DuringTheDownload_KeepsTheUpdate() async throws {
        var (rig, deployment, device) = try await Self.sent()
        try await device.says(.started(interface: nil))
        try await device.join(downloading: "0.2.0")
        #expect(try await rig.state(deployment, device) == .downloading)
        #expect(try await device.sent() == nil)
        try await device.says(.updating(10))
        try await device.says(.completed)
        try await device.join("0.2.0")
        #expect(try await rig.state(deployment, device) == .success)
    }

    /// The frame may never have arrived, or the device lost it with its power: at whatever step, it is sent once more.
    @Test(arguments: 0...4) func deviceThatComesBackWithoutIt_IsSentItAgain(steps: Int) async throws {
        var (rig, deployment, device) = try await Self.sent()
        for (report, _, _) in Self.reports.prefix(steps) { try await device.says(report) }
        try await device.join()
        #expect(try await rig.state(deployment, device) == .pending)
        #expect(try await device.sent() == "widget-0.2.0")
        #expect(try await device.settings().attempts.count == (steps > 0 ? 1 : 0))
        try await device.says(.completed)
        try await device.join("0.2.0")
        #expect(try await rig.now(deployment).state == .finished)
        #expect(try await rig.now(deployment).counts.failed == 0)
    }

    @Test func deviceThatNeverGetsAnywhere_FailsInTheEnd() async throws {
        var (rig, deployment, device) = try await Self.sent()
        for _ in 1..<UpdateSettings.interruptionLimit {
            try await device.says(.received)
            try await device.join()
            #expect(try await device.sent() == "widget-0.2.0")
        }
        try await device.join()
        #expect(try await rig.state(deployment, device) == .failure)
        #expect(try await rig.substate(deployment, device) == "fetches it no more, 10 times")
        #expect(try await device.sent() == nil)
        #expect(try await rig.now(deployment).state == .finished)
    }

    @Test func deviceThatWentBackToItsOldFirmware_HasFailed() async throws {
        var (rig, deployment, device) = try await Self.sent()
        try await device.says(.completed)
        try await device.join("0.1.0", hasReverted: true)
        #expect(try await rig.state(deployment, device) == .failure)
        #expect(
            try await rig.substate(deployment, device) == "came back with its old firmware, which it went back to")
    }

    @Test(arguments: [
        (LinkStatus.failed(reason: "fwup: bad"), "failed: fwup: bad"), (.ignored(reason: ""), "ignored"),
        (.ignored(reason: "busy"), "ignored: busy"),
    ]) func deviceThatGivesUp_FailsUnlessThereAreRetries(report: LinkStatus, text: String) async throws {
        var (rig, deployment, device) = try await Self.sent { $0.retries = 1 }
        try await device.says(.received)
        try await device.says(report)
        #expect(try await rig.state(deployment, device) == .pending)
        #expect(try await rig.substate(deployment, device) == text)
        #expect(try await device.settings().flight == nil)
        #expect(try await device.sent() == "widget-0.2.0")
        try await device.says(report)
        #expect(try await rig.state(deployment, device) == .failure)
        try await device.join()
        #expect(try await device.sent() == nil)
    }

    @Test func updateThatIsPutOff_ComesAgainWhenTheTimeIsOver() async throws {
        let (rig, deployment, device) = try await Self.sent()
        try await device.says(.received)
        try await device.says(.rescheduled(seconds: 300, reason: "in use"))
        #expect(try await rig.state(deployment, device) == .pending)
        #expect(try await rig.substate(deployment, device) == "put off by 5 min: in use")
        #expect(try await device.sent() == nil)
        rig.clock.advance(by: 299)
        #expect(try await device.sent() == nil)
        rig.clock.advance(by: 1)
        #expect(try await device.sent() == "widget-0.2.0")
        #expect(try await rig.now(deployment).counts.failed == 0)
    }

    @Test(arguments: [(Int64.min, Int64(60)), (-1, 60), (0, 60), (3600, 3600), (.max, 2_592_000)])
    func delay_IsBounded(seconds: Int64, kept: Int64) async throws {
        let (rig, _, device) = try await Self.sent()
        try await device.says(.rescheduled(seconds: seconds, reason: ""))
        #expect(try await device.settings().waitsUntil(now: rig.clock.now) == rig.clock.now + kept)
    }

    @Test func reportOfAnUpdateTheHubDidNotStart_IsShown_AndMovesNothing() async throws {
        let rig = try await UpdatesRig.make()
        var device = try await LiveDevice(rig)
        try await device.join()
        try await device.says(.updating(30))
        let flight = try #require(try await device.settings().flight)
        #expect(flight.deployment == nil && flight.state == .updating && flight.progress == 30)
        #expect(flight.note == "30 %")
        try await rig.firmware("0.2.0")
        let deployment = try await rig.deploy("widget-0.2.0", to: [device.id])
        #expect(try await device.sent() == nil, "a device installs one thing at a time")
        try await device.says(.failed(reason: "no"))
        #expect(try await device.settings().flight?.note == "failed: no")
        #expect(try await device.sent() == "widget-0.2.0")
        #expect(try await rig.state(deployment, device) == .pending)
    }

    @Test func abortedUpdate_MovesNoMore_AndHoldsTheNextOneUntilTheDeviceIsBack() async throws {
        var (rig, deployment, device) = try await Self.sent()
        try await device.says(.updating(30))
        #expect(rig.updates.progress(of: deployment.id) == [DeviceID(device.id): 30])
        try await rig.updates.abort(deployment.id, by: .hub)
        #expect(rig.updates.progress(of: deployment.id).isEmpty)
        try await rig.firmware("0.3.0")
        _ = try await rig.deploy("widget-0.3.0", to: [device.id])
        #expect(try await device.sent() == nil)
        try await device.says(.completed)
        #expect(try await rig.state(deployment, device) == .aborted)
        try await device.join("0.2.0")
        #expect(try await rig.state(deployment, device) == .aborted)
        #expect(try await device.sent() == "widget-0.3.0")
    }

    @Test func longTextOfADevice_IsCut_BetweenCharacters() async throws {
        let (rig, deployment, device) = try await Self.sent()
        try await device.says(.failed(reason: "x" + String(repeating: "ä", count: 5000)))
        let text = try #require(try await rig.substate(deployment, device))
        #expect(text == "failed: x" + String(repeating: "ä", count: 1023))
    }

    @Test func runningFirmware_IsNotSentAgain_WhateverItsName() async throws {
        let rig = try await UpdatesRig.make()
        var device = try await LiveDevice(rig, version: "0.2.0")
        try await device.join()
        try await rig.upload(
            try UpdatesRig.artifact("renamed") { $0.provides[DeviceReport.firmwareUUID] = LiveDevice.uuid("0.2.0") })
        let same = try await rig.deploy("renamed", to: [device.id]) { $0.isForced = true }
        try await rig.upload(
            try UpdatesRig.artifact("widget-0.2.0") {
                $0.provides[DeviceReport.firmwareUUID] = LiveDevice.uuid("other build")
            })
        let other = try await rig.deploy("widget-0.2.0", to: [device.id])
        // One question leads past what the device has to what it has not.
        #expect(try await device.sent() == "widget-0.2.0")
        #expect(try await rig.state(same, device) == .alreadyInstalled)
        #expect(try await rig.state(other, device) == .pending)
    }

    @Test func removedDevice_LeavesNothing() async throws {
        let (rig, deployment, device) = try await Self.sent()
        try await device.says(.received)
        try await rig.issuer.remove(deviceID: device.id, by: .hub)
        #expect(try await rig.state(deployment, device) == .decommissioned)
        #expect(try await device.settings() == UpdateSettings())
    }
}
