internal import Journal
internal import JournalTestSupport
internal import Rooms
import Testing

@testable import Updates
internal import UpdatesTestSupport

/// docs/protocols/device-link.md 17: archives of patches.
@Suite struct DeltaTests {
    private static func device(_ rig: UpdatesRig, tool: String?) async throws -> (id: String, report: DeviceReport) {
        var device = try await LiveDevice(rig)
        device.running = RunningFirmware(
            uuid: LiveDevice.uuid("0.1.0"), product: "widget", version: "0.1.0", platform: "sim",
            architecture: "x86_64", toolVersion: tool)
        try await device.join()
        var report = DeviceReport(device.running, occasion: .push)
        report.formats = [.fwup]
        return (device.id, report)
    }

    @Test(
        arguments: [
            (nil, false), ("", false), ("new", false), ("1.12.9", false), ("1.13.0-rc.1", false), ("1.13.0", true),
            ("1.16.0", true), ("2.0.0", true),
        ] as [(String?, Bool)])
    func delta_GoesToToolsThatKnowIt(tool: String?, isSent: Bool) async throws {
        let rig = try await UpdatesRig.make()
        try await rig.trust()
        let delta = try await rig.bring(FirmwareSamples.bytes("delta.fw"))
        #expect(delta.isDelta)
        let (id, report) = try await Self.device(rig, tool: tool)
        _ = try await rig.deploy("widget-1.2.3", to: [id])
        #expect(try await rig.updates.next(id, report, by: .hub)?.artifact?.id == (isSent ? delta.id : nil))
    }

    @Test(arguments: [nil, "1.16.0"], [false, true]) func wholeArchiveOfTheSameRelease_GoesFirst(
        tool: String?, isLast: Bool
    ) async throws {
        let rig = try await UpdatesRig.make()
        try await rig.trust()
        var files = ["signed-a.fw", "delta.fw"]
        if isLast { files.reverse() }
        for file in files { try await rig.bring(FirmwareSamples.bytes(file)) }
        let (id, report) = try await Self.device(rig, tool: tool)
        _ = try await rig.deploy("widget-1.2.3", to: [id])
        let sent = try await rig.updates.next(id, report, by: .hub)?.artifact
        #expect(sent?.firmware?.uuid == FirmwareSamples.uuid && sent?.isDelta == false)
    }

    @Test func secondDelta_OfOneRelease_IsRefused() async throws {
        let rig = try await UpdatesRig.make()
        try await rig.trust()
        var delta = try await rig.bring(FirmwareSamples.bytes("delta.fw"))
        let whole = try await rig.bring(FirmwareSamples.bytes("signed-a.fw"))
        #expect(!delta.overlaps(whole) && !whole.overlaps(delta))
        delta.id = "another"
        #expect(delta.overlaps(try #require(try await rig.artifacts.all().first(where: \.isDelta))))
    }
}
