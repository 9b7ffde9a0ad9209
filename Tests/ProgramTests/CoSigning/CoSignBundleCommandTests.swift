import CoSigning
import Foundation
import Testing

/// The folder form of a release.
@Suite(.timeLimit(.minutes(5))) struct CoSignBundleCommandTests {
    private let bench: CoSignBench

    init() async throws {
        bench = try await CoSignBench()
        try await bench.cosign(bench.release("release.json")).succeeded()
    }

    private func bundle(_ options: String...) async throws -> ProgramResult {
        try await bench.cosign(
            [
                "bundle", "--trust", "trust.json", "--message", "signed.json", "--artifact", CoSignBench.artifact,
                "--out", "usb",
            ] + options)
    }

    @Test(arguments: ["all", "group:lab", "device:d-1"])
    func coSignedRelease_IsCopied_AndADeviceWithoutAClockTakesIt(audience: String) async throws {
        try bench.coSign("release.json", to: "signed.json", for: audience)
        try await bundle("--name", "r1").succeeded()
        #expect(bench.site.names(in: "usb") == ["r1", "r1.release.json"])
        #expect(try bench.site.text("usb/r1") == CoSignBench.content)
        #expect(try bench.site.read("usb/r1.release.json") == bench.site.read("signed.json"))
        try await bench.verify(
            "usb/r1.release.json", "--offline", "--no-clock", "--artifact", "usb/r1", "--device", "d-1", "--group",
            "lab"
        ).succeeded()
    }

    @Test func anotherArtifact_IsNotCopied() async throws {
        try bench.coSign("release.json", to: "signed.json")
        for content in [
            String(CoSignBench.content.dropLast()), CoSignBench.content + "x", CoSignBench.content.uppercased(),
        ] {
            try bench.site.write(CoSignBench.artifact, content)
            try await bundle().expectRefusal("bad_artifact")
            try await bundle("--dry-run").expectRefusal("bad_artifact")
            #expect(bench.site.names(in: "usb") == [])
        }
    }

    @Test func messageThatNoDeviceTakesFromAMedium_IsNotCopied() async throws {
        try await bench.site.shell("cp release.json signed.json").succeeded()
        try await bundle().expectRefusal("missing_signature")
        try bench.coSign("release.json", to: "signed.json", nonce: String(repeating: "n", count: 43))
        try await bundle().expectRefusal("nonce_mismatch")
        try bench.coSign("release.json", to: "signed.json", at: Int64(Date.now.timeIntervalSince1970) - 31 * 86_400)
        try await bundle().expectRefusal("expired")
        try bench.coSign("release.json", to: "signed.json", for: "everybody")
        try await bundle().expectRefusal("wrong_audience")
        #expect(!bench.site.exists("usb"))
    }

    @Test(arguments: ["../r", ".r", "r.release.json", "a/b", "r\u{7}"])
    func nameThatLeavesTheFolder_IsRefused(name: String) async throws {
        try bench.coSign("release.json", to: "signed.json")
        try await bundle("--name", name).expectRefusal("--name", code: 64)
        #expect(!bench.site.exists("usb"))
    }

    @Test func dryRun_ChecksAndWritesNothing() async throws {
        try bench.coSign("release.json", to: "signed.json")
        let result = try await bundle("--dry-run").succeeded()
        #expect(result.output.contains("nothing was written") && !bench.site.exists("usb"))
    }
}
