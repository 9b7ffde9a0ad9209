import JournalTestSupport
import AdminAPI
import Foundation
import Testing

/// Firmware by the commands of an operator: keys, `.fw` archives, raw files.
@Suite(.hub(), .timeLimit(.minutes(5))) struct FirmwareCommandTests {
    private static let key = "ylwTddgpodv7CnjMCVUJHaEe8Sn2QI7GB05eA5Rjr+s="
    private static let uuid = "3ccfc66f-2768-5d14-6c3c-33ceeba3be8e"
    private let hub: ProgramHub

    init() throws {
        hub = try .current
    }

    /// An archive of the real program, as a file beside the others.
    private func sample(_ file: String) throws -> String {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("ArtifactTests/Vectors/fwup/\(file)").path
    }

    @Test func archive_NeedsItsKey_AndIsKeptOnce() async throws {
        let file = try sample("signed-a.fw")
        try await hub.hubctl("artifact", "upload", file).expectRefusal("hubctl artifact key add")
        try hub.write("a.pub", Self.key + "\n")
        let added = try await hub.hubctl("artifact", "key", "add", "builds", "a.pub", "--json").succeeded()
        #expect(try added.json(as: AdminFirmwareKey.self).key == Self.key)
        try await hub.hubctl("artifact", "key", "add", "again", Self.key).expectRefusal("hubctl artifact key remove")
        try await hub.hubctl("artifact", "key", "add", "bad", "no-such-file").expectRefusal("no-such-file")
        try await hub.hubctl("artifact", "upload", sample("unsigned.fw")).expectRefusal("fwup --sign")
        try await hub.hubctl("artifact", "upload", sample("signed-b.fw")).expectRefusal("firmware keys")

        let artifact = try await hub.hubctl("artifact", "upload", file, "--json").succeeded()
            .json(as: AdminArtifact.self)
        #expect(artifact.format == "fwup" && artifact.release == "widget-1.2.3" && artifact.signature == "verified")
        #expect(artifact.firmware?.uuid == Self.uuid && artifact.deviceTypes == ["sim"])
        #expect(try await hub.hubctl("artifact", "upload", file).succeeded().output.contains("already"))
        for (command, words) in [("list", "fwup"), ("show", Self.uuid)] {
            let arguments = command == "show" ? ["artifact", command, artifact.id] : ["artifact", command]
            let result = try await Program.run(
                Program.hubctl.path, arguments, environment: ["HUB_SOCKET": hub.socket])
            #expect(try result.succeeded().output.contains(words))
        }
        try await hub.hubctl("artifact", "download", artifact.id).succeeded()
        #expect(try hub.read("widget-1.2.3.fw") == [UInt8](Data(contentsOf: URL(fileURLWithPath: file))))

        let keys = try await hub.hubctl("artifact", "key", "list", "--json").succeeded().json(
            as: [AdminFirmwareKey].self)
        #expect(keys.map(\.name) == ["builds"] && keys.map(\.purpose) == ["firmware"])
        try await hub.hubctl("artifact", "key", "remove", "builds").succeeded()
        try await hub.hubctl("artifact", "key", "remove", "builds").expectRefusal("hubctl artifact key list")
    }

    @Test func rawFile_IsWhatTheOptionsSay() async throws {
        try hub.write("lamp.img", "an image\n")
        let values = [
            "--format", "raw", "--product", "lamp", "--version", "3", "--platform", "board", "--architecture", "arm",
        ]
        func upload(_ options: [String]) async throws -> ProgramResult {
            try await Program.run(
                Program.hubctl.path, ["artifact", "upload", "lamp.img", "--json"] + options, in: hub.path(""),
                environment: ["HUB_SOCKET": hub.socket])
        }
        let artifact = try await upload(values).succeeded().json(as: AdminArtifact.self)
        #expect(artifact.format == "raw" && artifact.release == "lamp-3" && artifact.firmware?.version == "3")
        #expect(try await upload(values).succeeded().json(as: AdminArtifact.self).id == artifact.id)
        var others = values
        others[5] = "4"
        try await upload(others).expectRefusal("hubctl artifact remove")
        try await upload(Array(values.dropLast(2))).expectWrongUsage()
        try await upload(Array(values.dropFirst(2))).expectWrongUsage()
    }

    @Test func inspect_NeedsNoHub() async throws {
        let file = try sample("all-metadata.fw")
        try hub.write("inspect.pub", Self.key)
        let shown = try await hub.hubctl("artifact", "inspect", file).succeeded()
        for words in ["A widget", "0123abcd-dirty", "2024-05-06T07:08:09Z", "not checked"] {
            #expect(shown.output.contains(words))
        }
        let checked = try await hub.hubctl("artifact", "inspect", file, "--verify-key", "inspect.pub").succeeded()
        #expect(checked.output.contains(Self.key))
        try await hub.hubctl("artifact", "inspect", sample("signed-b.fw"), "--verify-key", "inspect.pub")
            .expectRefusal("its signature")
        try await hub.hubctl("artifact", "inspect", sample("flip-data.fw")).expectRefusal("another hash")
    }
}
