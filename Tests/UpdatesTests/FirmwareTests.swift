import Encoding
import Foundation
internal import Journal
internal import JournalTestSupport
import PKI
import Testing

@testable import Updates
internal import UpdatesTestSupport

/// Firmware among the artifacts: archives of fwup, raw files, and which devices may have which.
@Suite struct FirmwareTests {
    @Test func signedArchive_IsKeptWithWhatItSays() async throws {
        let rig = try await UpdatesRig.make()
        try await rig.trust()
        let bytes = try FirmwareSamples.bytes("all-metadata.fw")
        let artifact = try await rig.bring(bytes, description: "text")
        #expect(artifact.format == .fwup && artifact.signature == .verified && artifact.description == "text")
        #expect(artifact.name == "widget-1.2.3" && artifact.deviceTypes == ["sim"])
        #expect(artifact.depends == ["architecture": ["x86_64"], "product": ["widget"]])
        #expect(
            artifact.firmware
                == Firmware(
                    format: .fwup, uuid: "6e4127c5-2c65-5788-308e-5c281d9c0cb7", product: "widget", version: "1.2.3",
                    platform: "sim", architecture: "x86_64", author: "Somebody", description: "A widget",
                    vcsIdentifier: "0123abcd-dirty", misc: "two words"))
        #expect(try await rig.artifacts.partChecksums(of: artifact) == [Hex.encode(SHA256.hash(bytes)).uppercased()])
        #expect(rig.files() == [artifact.sha256])
        let reopened = try await UpdatesRig.make(folder: rig.folder)
        #expect(try await reopened.artifacts.artifact(firmware: artifact.firmware?.uuid.uppercased() ?? "") == artifact)
        #expect(try await reopened.artifacts.artifact(firmware: "nonsense") == nil)
    }

    @Test(
        arguments: [
            ("unsigned.fw", [], false, .firmwareNotSigned("it is not signed")),
            ("signed-a.fw", [], false, .firmwareKeyMissing),
            (
                "signed-a.fw", [FirmwareSamples.keyB], true,
                .firmwareNotSigned(
                    "its signature was made by none of the hub's firmware keys, or meta.conf was changed")
            ),
            ("unsigned.fw", [FirmwareSamples.keyA], true, nil), ("signed-a.fw", [], true, nil),
            ("signed-b.fw", [FirmwareSamples.keyA, FirmwareSamples.keyB], false, nil),
            ("flip-crc.fw", [], true, .badArtifact("data/image is damaged")),
            ("no-product.fw", [], true, nil),
        ] as [(String, [String], Bool, UpdatesError?)])
    func archive_IsJudgedByKeysAndSetting(
        file: String, keys: [String], takesUnsigned: Bool, error: UpdatesError?
    ) async throws {
        let rig = try await UpdatesRig.make { $0.updates.takesUnsignedFirmware = takesUnsigned }
        for (number, key) in keys.enumerated() { try await rig.trust(key, name: "\(number)") }
        let bytes = try FirmwareSamples.bytes(file)
        if error == nil, file != "no-product.fw" {
            let artifact = try await rig.bring(bytes)
            let isJudged = !keys.isEmpty && file != "unsigned.fw"
            #expect(artifact.signature == (isJudged ? .verified : file == "unsigned.fw" ? .unsigned : .unverified))
            return
        }
        let thrown = await #expect(throws: UpdatesError.self) { try await rig.bring(bytes) }
        if let error { #expect(thrown == error) }
        #expect(rig.files().isEmpty)
    }

    @Test func signatureRequired_HoldsForFirmwareToo() async throws {
        let rig = try await UpdatesRig.make {
            $0.updates.takesUnsignedFirmware = true
            $0.updates.wantsSignature = true
        }
        await #expect(throws: UpdatesError.notSigned) { try await rig.bring(FirmwareSamples.bytes("unsigned.fw")) }
        await #expect(throws: UpdatesError.notSigned) { try await rig.bring([1, 2, 3], raw: Self.raw()) }
        try await rig.trust()
        #expect(try await rig.bring(FirmwareSamples.bytes("signed-a.fw")).signature == .verified)
    }

    @Test func sameUUID_IsThereAlready_OrRefused() async throws {
        let rig = try await UpdatesRig.make { $0.updates.takesUnsignedFirmware = true }
        try await rig.trust()
        let first = try await rig.bring(FirmwareSamples.bytes("signed-a.fw"))
        #expect(try await rig.bring(FirmwareSamples.bytes("signed-a.fw")) == first)
        #expect(try await rig.artifacts.all() == [first] && rig.files() == [first.sha256])
        let conflict = UpdatesError.firmwareExists(uuid: FirmwareSamples.uuid, artifact: first.id)
        await #expect(throws: conflict) { try await rig.bring(FirmwareSamples.bytes("unsigned.fw")) }
        try await rig.artifacts.remove(first.id, by: .hub)
        #expect(try await rig.artifacts.artifact(firmware: FirmwareSamples.uuid) == nil)
        #expect(try await rig.bring(FirmwareSamples.bytes("unsigned.fw")).firmware?.uuid == FirmwareSamples.uuid)
    }

    @Test func rawFile_IsWhatItsUploaderSays() async throws {
        let rig = try await UpdatesRig.make()
        let bytes = [UInt8](repeating: 7, count: (2 << 20) + 5)
        let artifact = try await rig.bring(bytes, raw: Self.raw(), description: "third")
        #expect(artifact.format == .raw && artifact.signature == .unsigned && artifact.name == "lamp-3")
        #expect(artifact.deviceTypes == ["board"] && artifact.firmware?.description == "third")
        #expect(Array(artifact.firmware?.uuid ?? "")[14] == "5")
        let parts = try await rig.artifacts.partChecksums(of: artifact)
        let whole = Hex.encode(SHA256.hash([UInt8](repeating: 7, count: 1 << 20))).uppercased()
        let last = Hex.encode(SHA256.hash([UInt8](repeating: 7, count: 5))).uppercased()
        #expect(parts == [whole, whole, last])
        #expect(try await rig.bring(bytes, raw: Self.raw(), description: "other").id == artifact.id)
        let other = try RawFirmware(product: "lamp", version: "4", platform: "board", architecture: "arm")
        await #expect(throws: UpdatesError.self) { try await rig.bring(bytes, raw: other) }
        await #expect(throws: UpdatesError.badArtifact("it is empty")) { try await rig.bring([], raw: other) }
    }

    @Test(arguments: ["", String(repeating: "x", count: 256), "a\nb"])
    func rawFileWithBadValue_IsRefused(_ value: String) {
        #expect(throws: UpdatesError.self) {
            _ = try RawFirmware(product: "lamp", version: value, platform: "board", architecture: "arm")
        }
    }

    /// A device gets what its protocol can install, of its platform, architecture and product.
    @Test(
        arguments: [
            ("sim", ["architecture": "x86_64", "product": "widget"], [.fwup], true),
            ("sim", ["architecture": "x86_64", "product": "widget"], [.mender], false),
            ("sim", ["architecture": "x86_64", "product": "widget"], [.raw], false),
            ("sim", ["architecture": "arm", "product": "widget"], [.fwup], false),
            ("sim", ["architecture": "x86_64", "product": "lamp"], [.fwup], false), ("sim", [:], [.fwup], false),
            ("rpi", ["architecture": "x86_64", "product": "widget"], [.fwup], false),
        ] as [(String, [String: String], Set<ArtifactFormat>, Bool)])
    func firmware_FitsByFormatAndKind(
        type: String, provides: [String: String], formats: Set<ArtifactFormat>, fits: Bool
    ) async throws {
        let rig = try await UpdatesRig.make()
        try await rig.trust()
        let artifact = try await rig.bring(FirmwareSamples.bytes("signed-a.fw"))
        let report = DeviceReport(
            artifactName: "widget-1.0.0", deviceType: type, provides: provides, formats: formats)
        #expect(artifact.fits(report) == fits)
    }

    @Test func menderArtifact_FitsNoDeviceOfTheLink() async throws {
        let rig = try await UpdatesRig.make()
        let artifact = try await rig.bring(UpdatesRig.artifact("rel-1"))
        #expect(artifact.format == .mender && artifact.firmware == nil)
        #expect(try await rig.artifacts.partChecksums(of: artifact).isEmpty)
        var report = DeviceReport(artifactName: "rel-0", deviceType: "qemu")
        #expect(artifact.fits(report))
        report.formats = [.fwup, .raw]
        #expect(!artifact.fits(report))
    }

    private static func raw() throws -> RawFirmware {
        try RawFirmware(product: "lamp", version: "3", platform: "board", architecture: "arm")
    }
}
