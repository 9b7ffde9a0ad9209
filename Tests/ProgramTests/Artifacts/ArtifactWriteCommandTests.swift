import Artifact
import Foundation
import Testing

/// Artifacts that `hubctl` writes, as it shows them itself.
@Suite(.timeLimit(.minutes(5))) struct ArtifactWriteCommandTests {
    private let bench: ArtifactBench

    init() throws {
        bench = try ArtifactBench()
    }

    @Test func moduleArtifact_HasWhatWasAskedFor_AndTheSameBytesAgain() async throws {
        try bench.site.write("meta.json", #"{"mode":"0644","dest":"/etc/motd"}"#)
        for file in ["module.mender", "again.mender"] {
            try await bench.write(
                file, "--type", "hubtest", "--file", "greeting.txt", "--meta-data", "meta.json", "--group", "grpA",
                "--requires-name", "rel-0", "--depends", "rootfs-image.version=rel-0", "--provides", "my.key=val"
            ).succeeded()
        }
        let report = try await bench.report("module.mender")
        #expect(report.name == "rel-1" && report.group == "grpA" && report.type == "hubtest" && !report.signed)
        #expect(report.provides["rootfs-image.hubtest.version"] == "rel-1" && report.provides["my.key"] == "val")
        #expect(
            report.depends["artifact_name"] == .anyOf(["rel-0"]) && report.depends["device_type"] == .anyOf(["qemu"]))
        #expect(report.depends["rootfs-image.version"] == .value("rel-0"))
        #expect(report.metaData == ["mode": "0644", "dest": "/etc/motd"])
        #expect(report.files.map(\.name) == ["greeting.txt"])
        #expect(report.files.map(\.sha256) == [try bench.digest("greeting.txt")])
        let digest = try bench.digest("module.mender")
        let bytes = try bench.site.read("module.mender")
        #expect(report.sha256 == digest && report.size == Int64(bytes.count))
        #expect(try bench.digest("again.mender") == digest)

        let text = try await bench.inspect("module.mender").succeeded().output
        #expect(text.contains("rootfs-image.hubtest.version=rel-1") && text.contains(digest))
    }

    @Test func image_ProvidesItsSum_AsDevicesCompareIt() async throws {
        var random = SystemRandomNumberGenerator()
        try bench.site.write("image.ext4", (0..<300_000).map { _ in UInt8.random(in: 0...255, using: &random) })
        try await bench.write("image.mender", "--type", "rootfs-image", "--file", "image.ext4").succeeded()
        let report = try await bench.report("image.mender")
        #expect(report.provides["rootfs-image.checksum"] == (try bench.digest("image.ext4")))
    }

    @Test func singleFile_IsFourFiles() async throws {
        try await bench.write(
            "single.mender", "--folder", "/etc", "--permissions", "600", "--file", "greeting.txt"
        ).succeeded()
        let report = try await bench.report("single.mender")
        #expect(report.files.map(\.name) == ["dest_dir", "filename", "permissions", "greeting.txt"])
    }

    @Test func bootstrap_InstallsNothing_AndClearsEverything() async throws {
        try await bench.write("bootstrap.mender", "--bootstrap", "--provides", "a=b").succeeded()
        let report = try await bench.report("bootstrap.mender")
        #expect(report.type == nil && report.files.isEmpty && report.clears == nil && report.provides["a"] == "b")
        #expect(try await bench.inspect("bootstrap.mender").output.contains("none: installs nothing"))
    }

    @Test func stateScript_GoesAlongByItsName() async throws {
        try bench.site.write("ArtifactInstall_Enter_10_check", "#!/bin/sh\nexit 0\n")
        try await bench.write("script.mender", "--type", "t", "--script", "ArtifactInstall_Enter_10_check").succeeded()
        #expect(try await bench.report("script.mender").scripts == ["ArtifactInstall_Enter_10_check"])
    }

    @Test(
        arguments: [
            (["--type", "t", "--script", "greeting.txt"], 1, "greeting.txt"),
            (["--type", "rootfs-image", "--file", "greeting.txt", "--file", "image.ext4"], 64, "exactly one --file"),
            ([], 64, "--type, --folder or --bootstrap"),
            (["--type", "t", "--file", "missing.txt"], 1, "missing.txt"),
            (["--type", "t", "--file", "größe.txt"], 1, "letters, digits"),
        ] as [([String], Int32, String)])
    func whatCannotBeWritten_IsRefusedInOneLine_AndLeavesNoFile(
        options: [String], code: Int32, words: String
    ) async throws {
        for name in ["image.ext4", "größe.txt"] { try bench.site.write(name, "x") }
        let before = bench.site.names(in: "")
        let result = try await bench.artifact(
            ["write", "--name", "rel-1", "--device-type", "qemu", "--out", "bad.mender"] + options)
        result.expectRefusal(words, code: code)
        #expect(bench.site.names(in: "") == before)
    }

    @Test func brokenFile_IsNamedWithItsFault() async throws {
        var random = SystemRandomNumberGenerator()
        try bench.site.write("image.ext4", (0..<300_000).map { _ in UInt8.random(in: 0...255, using: &random) })
        try await bench.write("image.mender", "--type", "rootfs-image", "--file", "image.ext4").succeeded()
        var bytes = try bench.site.read("image.mender")
        try bench.site.write("cut.mender", Array(bytes.prefix(100_000)))
        bytes[150_000] ^= 1
        try bench.site.write("flipped.mender", bytes)
        try await bench.inspect("cut.mender").expectRefusal("cut.mender: it is cut short")
        try await bench.inspect("flipped.mender").expectRefusal("flipped.mender: ")
        try await bench.inspect("greeting.txt").expectRefusal("greeting.txt: it is not an artifact")
        try await bench.inspect("missing.mender").expectRefusal("can't read missing.mender")
    }
}
