import AdminAPI
import ArgumentParser
import Foundation
import Testing

@testable import AdminCLI

/// What commands say of firmware, of keys, and of what is brought to single devices.
@Suite struct FirmwareTextTests {
    private static let deployment = AdminDeployment(
        id: "d-1", name: "push of widget-1", release: "widget-1", status: "pending", createdAt: "t", startsAt: "t",
        target: "devices")

    @Test(
        arguments: [
            (nil, nil), (["nerveshub"], nil), (["mender", "nerveshub"], nil),
            ([], "lamp is not connected: it gets this when it connects, or next asks for updates"),
            (["mender"], "lamp gets this when it next asks for updates"),
        ] as [([String]?, String?)])
    func push_SaysThatUpdatesAreOff_AndWhenItGoes(links: [String]?, waits: String?) {
        let lines = DeviceCommand.Push.text(Self.deployment, to: "lamp", links: links).split(separator: "\n")
        #expect(lines.first == "widget-1 is pushed to lamp; watch it with: hubctl deployment watch d-1")
        #expect(lines.last?.hasPrefix("updates of lamp are off from now on") == true)
        #expect(lines.last?.hasSuffix("switch them on with: hubctl device updates on lamp") == true)
        #expect(lines.dropFirst().dropLast().map(String.init) == [waits].compactMap(\.self))
    }

    @Test func changeOfSeveralDevices_NamesThoseThatWereNotChanged() throws {
        let changed = AdminDeviceUpdates(
            deviceID: "a", enabled: true, mode: "automatic", mayManage: false, attempts: [])
        let failed = UpdatesOutcome.Failed(deviceID: "b", message: "no device b")
        #expect(UpdatesOutcome(changed: [changed]).failure == nil)
        let some = UpdatesOutcome(changed: [changed], failed: [failed]).failure
        #expect(some?.code == 3 && some?.line == "not changed: b (no device b)")
        let none = UpdatesOutcome(failed: [failed, .init(deviceID: "c", message: "no device c")]).failure
        #expect(none?.code == 1 && none?.line == "not changed: b (no device b), c (no device c)")
        let one = UpdatesOutcome(failed: [failed]).failure
        #expect(one?.code == 1 && one?.line == "no device b")
        let json = String(decoding: try JSONEncoder().encode(UpdatesOutcome(failed: [failed])), as: UTF8.self)
        #expect(json.contains(#""changed":[]"#) && json.contains(#""deviceID":"b""#))
    }

    @Test func artifactOfFirmware_ShowsItsDescription_AndNothingThatItDoesNotSay() {
        var artifact = AdminArtifact(
            id: "a", release: "widget-1", description: "for line 3", sha256: "s", size: 1, modifiedAt: "t",
            deviceTypes: ["qemu"], depends: [:], provides: [:], clears: nil, type: nil, files: [], metaData: nil,
            scripts: [], signature: "unsigned", format: "fwup")
        #expect(artifact.text.contains("everything") && artifact.text.contains("installs nothing"))
        artifact.firmware = AdminFirmware(
            uuid: "u", product: "widget", version: "1", platform: "qemu", architecture: "arm", author: nil,
            description: "A widget", vcsIdentifier: nil, misc: nil, isDelta: false)
        let text = artifact.text
        #expect(text.contains("A widget") && text.contains("for line 3"))
        #expect(!text.contains("clears") && !text.contains("installs nothing"))
        artifact.description = "A widget"
        #expect(!artifact.text.contains("says of itself"))
    }

    @Test(arguments: ["AAAA", "no-such-file"]) func keyThatIsNeitherFileNorBase64_IsCalledThat(text: String) throws {
        let command = try ArtifactKeyCommand.Add.parse(["maker", text])
        let failure = #expect(throws: CommandFailure.self) { try command.text() }
        #expect(failure?.line == "\(text) is neither a file nor the base64 of the 32 bytes of a key")
    }

    @Test(arguments: [
        (["lamp", "f"], true), (["--group", "g", "f"], true), (["f"], false), (["--group", "g", "lamp", "f"], false),
        ([], false), (["a", "b", "c"], false),
    ]) func script_TakesADeviceAndAFile_OrAFileForAGroup(arguments: [String], isTaken: Bool) {
        #expect(((try? DeviceCommand.Script.parse(arguments)) != nil) == isTaken)
        #expect(DeviceCommand.Script.helpMessage().contains("[<id>] <file>\n"))
    }

    @Test func fileThatIsNoArtifact_IsToldWhatToDoWithIt() async throws {
        let file = NSTemporaryDirectory() + "firmware-text-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: file) }
        try Data("an image".utf8).write(to: URL(fileURLWithPath: file))
        let command = try ArtifactUploadCommand.parse([file, "--socket", file])
        let failure = await #expect(throws: CommandFailure.self) { try await command.work() }
        #expect(failure?.line.contains("--format raw --product PRODUCT") == true)
        #expect(try !ArtifactFiles.isFwup(file))
        try Data([0x50, 0x4B, 3, 4] + [UInt8](repeating: 0, count: 26) + Array("meta.conf.ed25519".utf8)).write(
            to: URL(fileURLWithPath: file))
        #expect(try ArtifactFiles.isFwup(file))
    }
}
