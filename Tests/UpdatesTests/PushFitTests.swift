internal import Devices
import Encoding
internal import Journal
internal import JournalTestSupport
internal import Rooms
import Testing
import Wire

@testable import Updates
internal import UpdatesTestSupport

/// What is pushed must fit what the device last reported.
@Suite struct PushFitTests {
    private static let link = [
        "firmware_uuid": "u", "product": "widget", "platform": "qemu", "architecture": "arm",
    ]

    private static func rig() async throws -> UpdatesRig {
        let rig = try await UpdatesRig.make { $0.updates.takesUnsignedFirmware = true }
        try await rig.upload(try UpdatesRig.artifact("rel-1"))
        for (product, platform, architecture) in [
            ("widget", "qemu", "arm"), ("gadget", "qemu", "arm"), ("widget", "board", "arm"), ("widget", "qemu", "x86"),
        ] {
            try await rig.bring(
                Array("\(product) \(platform) \(architecture)".utf8),
                raw: try RawFirmware(
                    product: product, version: "1-\(platform)-\(architecture)", platform: platform,
                    architecture: architecture))
        }
        try await rig.bring(try FirmwareSamples.bytes("unsigned.fw"))
        return rig
    }

    private static func report(_ values: [String: String], of device: String, _ rig: UpdatesRig) async throws {
        guard !values.isEmpty else { return }
        try await rig.rooms.inventory.mergeInventory(
            InventoryReport(values.map { .init(name: $0.key, value: .string($0.value)) }), of: device)
    }

    @Test(
        arguments: [
            ("widget-1-qemu-arm", link, nil),
            ("gadget-1-qemu-arm", link, "it is for product gadget, and the device reports widget"),
            ("widget-1-board-arm", link, "it is for platform board, and the device reports qemu"),
            ("widget-1-qemu-x86", link, "it is for architecture x86, and the device reports arm"),
            (
                "widget-1-qemu-arm", link.merging(["update_tool": "fwup"]) { $1 },
                "it is a raw file, and the device installs with fwup"
            ),
            ("widget-1-qemu-arm", link.merging(["update_tool": "fwup, rauc"]) { $1 }, nil),
            (
                "widget-1.2.3", link.merging(["update_tool": "rauc"]) { $1 },
                "it is a .fw archive, and the device installs with rauc"
            ),
            ("rel-1", link, nil), ("rel-1", [:], nil), ("rel-1", ["device_type": "qemu"], nil),
            ("rel-1", ["device_type": "lamp"], "it is for device type qemu, and the device reports lamp"),
            (
                "widget-1-qemu-arm", [:],
                "it is firmware, and the device has not said over a link what it runs: it takes .mender files"
            ),
            ("widget-1-qemu-arm", ["firmware_uuid": "u"], nil),
        ] as [(String, [String: String], String?)])
    func push_IsRefused_WhenTheDeviceReportsSomethingElse(
        release: String, reported: [String: String], reason: String?
    ) async throws {
        let rig = try await Self.rig()
        let device = try await rig.device("lamp")
        try await Self.report(reported, of: device, rig)
        guard let reason else {
            #expect(try await rig.updates.push(release, to: device, by: .hub).plan.isPush)
            return
        }
        await #expect(throws: UpdatesError.doesNotFit(release, device: device, reason: reason)) {
            try await rig.updates.push(release, to: device, by: .hub)
        }
        #expect(try await rig.updates.settings(of: device).isEnabled)
        #expect(try await rig.updates.deployments(DeploymentQuery()).total == 0)
    }

    @Test func push_OfAReleaseOfWhichOneFits_IsMade() async throws {
        let rig = try await Self.rig()
        try await rig.bring(
            Array("other".utf8),
            raw: try RawFirmware(product: "widget", version: "1-qemu-arm", platform: "board", architecture: "arm"))
        let device = try await rig.device("lamp")
        try await Self.report(Self.link, of: device, rig)
        _ = try await rig.updates.push("widget-1-qemu-arm", to: device, by: .hub)
        #expect(try await rig.updates.settings(of: device).isEnabled == false)
    }

    @Test func pushOfAMenderFile_ToADeviceWithALinkOnly_IsRefused() async throws {
        let rig = try await Self.rig()
        let device = "sim-1"
        _ = try await rig.rooms.linkKeys.add(NewLinkKey(.device(device)), by: .hub)
        try await Self.report(Self.link, of: device, rig)
        await #expect(
            throws: UpdatesError.doesNotFit(
                "rel-1", device: device,
                reason: "it is a .mender file, and the device installs firmware over its link")
        ) { try await rig.updates.push("rel-1", to: device, by: .hub) }
        _ = try await rig.updates.push("widget-1-qemu-arm", to: device, by: .hub)
    }
}
