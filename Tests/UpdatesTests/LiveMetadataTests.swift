internal import Devices
internal import Journal
internal import JournalTestSupport
internal import Rooms
import Testing
import Wire

@testable import Updates
internal import UpdatesTestSupport

/// docs/protocols/device-link.md 6.2: what a device says of its firmware, and what it does not.
@Suite struct LiveMetadataTests {
    typealias Change = @Sendable (inout RunningFirmware) -> Void

    /// What is left out, and its name.
    private static let omissions: [(Change, String)] = [
        ({ $0.uuid = nil }, "uuid"), ({ $0.product = "" }, "product"), ({ $0.architecture = nil }, "architecture"),
        ({ $0.version = nil }, "version"), ({ $0.platform = nil }, "platform"),
        ({ $0 = RunningFirmware() }, "uuid, product, architecture, version, platform"),
    ]

    @Test(arguments: 0..<omissions.count)
    func deviceThatDoesNotSayWhatItRuns_GetsNoRollout_AndLosesNothing(index: Int) async throws {
        let rig = try await UpdatesRig.make()
        var device = try await LiveDevice(rig)
        let complete = device.running
        try await device.join()
        try await rig.firmware("0.2.0")
        try await rig.firmware("0.3.0")
        let open = try await rig.rollOut("0.2.0") { $0.product = "widget" }
        let named = try await rig.deploy("widget-0.3.0", to: [device.id]) { $0.versionRequirement = "< 0.3.0" }
        let (omit, missing) = Self.omissions[index]
        omit(&device.running)
        try await device.join()
        for occasion in [DeviceReport.Occasion.push, .request] {
            #expect(try await device.sent(occasion) == nil)
            let report = DeviceReport(device.running, occasion: occasion)
            #expect(try await rig.updates.available(device.id, report) == nil)
        }
        for deployment in [open, named] { #expect(try await rig.state(deployment, device) == nil) }
        #expect(try await device.events("device.noMetadata") == ["{\"missing\":\"\(missing)\"}"])
        #expect(try await device.known()["firmware_missing"] == missing)
        device.running = complete
        try await device.join()
        #expect(try await device.known()["firmware_missing"] == nil)
        #expect(try await device.sent() == "widget-0.2.0")
    }

    @Test func partThatWaits_IsStillThere_WhenTheDeviceSaysWhatItRuns() async throws {
        let rig = try await UpdatesRig.make()
        var device = try await LiveDevice(rig)
        let complete = device.running
        try await device.join()
        try await rig.firmware("0.2.0")
        let deployment = try await rig.deploy("widget-0.2.0", to: [device.id]) {
            $0.versionRequirement = "< 0.2.0"
            $0.retries = 3
        }
        #expect(try await device.sent() == "widget-0.2.0")
        try await device.says(.completed)
        device.running = RunningFirmware()
        try await device.join()
        #expect(try await rig.state(deployment, device) == .pending)
        #expect(try await rig.substate(deployment, device) == "came back and did not say what it runs")
        #expect(try await device.settings().flight == nil)
        #expect(try await device.sent() == nil)
        #expect(try await rig.state(deployment, device) == .pending)
        device.running = complete
        try await device.join("0.2.0")
        #expect(try await rig.state(deployment, device) == .success)
    }

    @Test func notice_IsGivenOnce_AndAgainWhenOtherThingsAreMissing() async throws {
        let rig = try await UpdatesRig.make()
        var device = try await LiveDevice(rig)
        device.running.uuid = nil
        for _ in 0..<5 { try await device.join() }
        #expect(try await device.events("device.noMetadata").count == 1)
        for number in 0..<50 {
            device.running.version = number.isMultiple(of: 2) ? nil : "0.1.0"
            try await device.join()
        }
        #expect(try await device.events("device.noMetadata").count == 3)
        rig.clock.advance(by: 3600)
        try await device.join("0.1.0")
        device.running.uuid = nil
        try await device.join()
        #expect(try await device.events("device.noMetadata").count == 4)
    }

    @Test func push_NeedsOnlyWhatChoosesItsArtifact_AndElseWaits() async throws {
        let rig = try await UpdatesRig.make()
        try await rig.trust()
        let artifact = try await rig.bring(FirmwareSamples.bytes("signed-a.fw"))
        var device = try await LiveDevice(rig)
        device.running = RunningFirmware()
        try await device.join()
        let pushed = try await rig.updates.push(artifact.id, to: device.id, by: .hub)
        func sent() async throws -> String? {
            var report = DeviceReport(device.running, occasion: .push)
            report.formats = [.fwup]
            return try await rig.updates.next(device.id, report, by: .hub)?.artifact?.id
        }
        #expect(try await sent() == nil)
        device.running.platform = "sim"
        #expect(try await sent() == nil)
        #expect(try await rig.state(pushed, device) == nil)
        (device.running.product, device.running.architecture) = ("widget", "x86_64")
        #expect(try await sent() == artifact.id)
    }

    @Test func inventory_IsWhatTheDeviceSaysAtItsJoin() async throws {
        let rig = try await UpdatesRig.make()
        var device = try await LiveDevice(rig)
        device.running.isValidated = false
        (device.running.toolVersion, device.running.apiVersion) = ("1.16.0", "2.3.0")
        try await device.join(hasReverted: true)
        var expected = [
            "product": "widget", "version": "0.1.0", "platform": "qemu", "architecture": "arm",
            "firmware_uuid": LiveDevice.uuid("0.1.0"), "firmware_validated": "no", "firmware_reverted": "yes",
            "update_tool_version": "1.16.0", "device_api_version": "2.3.0",
        ]
        #expect(try await device.known() == expected)
        try await rig.updates.validated(device.id, by: .hub)
        expected["firmware_validated"] = "yes"
        #expect(try await device.known() == expected)
        (device.running.isValidated, device.running.toolVersion) = (nil, nil)
        try await device.join()
        for name in ["firmware_validated", "firmware_reverted", "update_tool_version"] { expected[name] = nil }
        #expect(try await device.known() == expected)
    }
}
