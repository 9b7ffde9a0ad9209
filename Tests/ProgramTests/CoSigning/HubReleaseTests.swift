import AdminAPI
import CoSigning
import Encoding
import Testing

/// Releases at a hub, by its program.
@Suite(.timeLimit(.minutes(5)), .hub()) struct HubReleaseTests {
    @Test func release_IsAddedOnce_ListedAndWithdrawn() async throws {
        let bench = try await HubBench(with: "--approval", "auto")
        let first = try await bench.release(1)
        #expect(first.state == "approved" && first.deviceTypes == ["rpi4"] && first.projectKey == bench.project)
        #expect(try await bench.json("release", "add", "release-1.json", as: AdminCoSignedRelease.self).id == first.id)
        let second = try await bench.release(3)
        try await bench.cosign("release", "add", bench.sign(2)).expectRefusal("higher seq")

        let listed = { (stream: String) in
            try await bench.json(
                "release", "list", "--project", bench.project, "--stream", stream, as: [AdminCoSignedRelease].self
            ).map(\.id)
        }
        #expect(try await listed("os") == [second.id, first.id])
        #expect(try await listed("app") == [])
        try await bench.cosign("release", "withdraw", first.id).succeeded()
        #expect(try await bench.json("release", "show", first.id, as: AdminCoSignedRelease.self).state == "withdrawn")
        try await bench.cosign("release", "approve", first.id).expectRefusal("higher seq")
        try await bench.cosign("release", "show", "none").expectRefusal("hubctl cosign release list")
    }

    @Test func uploadsOfAManualProject_Wait() async throws {
        let bench = try await HubBench(with: "--approval", "manual")
        let added = try await bench.cosign("release", "add", bench.sign(1)).succeeded().output
        #expect(added.contains("hubctl cosign release approve"))
        let release = try await bench.json(
            "release", "list", "--project", bench.project, as: [AdminCoSignedRelease].self)
        #expect(release.map(\.state) == ["pending"])
        try await bench.cosign("release", "approve", try #require(release.first?.id)).succeeded()
        #expect(
            try await bench.json("release", "show", release[0].id, as: AdminCoSignedRelease.self).state == "approved")
    }

    @Test func uploadOfThePublishersGuide_IsTakenFromItsServerAlone() async throws {
        let bench = try await HubBench(with: "--approval", "manual")
        try await bench.makeKey("server", kid: "build-1")
        try await bench.cosign(
            "sign", "--key", "project.key", "--project", bench.project, "--stream", "os", "--seq", "43",
            "--release-version", "2.4.2", "--device-type", "rpi4", "--file", HubBench.artifact, "--server", "build-1",
            "--out", "release-3.json"
        ).succeeded()
        try await bench.cosign("sign", "--message", "release-3.json", "--key", "server.key", "--kid", "build-1")
            .succeeded()
        try await bench.hub.hubctl("ca", "export", "--out", bench.folder + "/ca.crt").succeeded()
        let step = try Document("docs/co-signing-publisher.md").step("upload")
        let variables = ["PROJECT": bench.project, "HUB_URL": "https://127.0.0.1:\(try bench.hub.port())"]
        let refused = try await bench.hub.shell(step, variables, in: bench.folder)
        #expect(refused.code != 0 && refused.output.contains("unknown_server"))

        try await bench.cosign("server", "add", "build-1", "server.key.pub", "--project", bench.project).succeeded()
        for _ in 0..<2 {
            let answer = try await bench.hub.shell(step, variables, in: bench.folder).succeeded().output
            #expect(answer.contains(#""seq":43"#) && answer.contains(#""state":"pending""#))
        }
    }

    @Test func messageOfAnotherProject_DoesNotLeaveTheMachine() async throws {
        let (bench, other) = (try await HubBench(with: "--ttl", "60"), try await HubBench(with: "--ttl", "60"))
        try await bench.cosign("release", "add", bench.sign(1), "--project", other.project)
            .expectRefusal("is for project \(bench.project)")
        try bench.hub.write(bench.folder + "/text", "no message")
        try await bench.cosign("release", "add", "text").expectRefusal("bad_format")
    }

    @Test(arguments: ["all", "group:lab", "device:d-1"])
    func bundleOfTheHub_IsTakenByADevice(audience: String) async throws {
        let bench = try await HubBench(with: "--approval", "auto")
        let release = try await bench.release(5)
        let bundle = ["bundle", "--release", release.id, "--audience", audience, "--artifact", HubBench.artifact]
        let plan = try await bench.cosign(bundle + ["--out", "usb", "--dry-run", "--json"]).succeeded()
        #expect(plan.output.contains(#""written" : false"#) && !bench.exists("usb"))
        try await bench.cosign(bundle + ["--out", "usb", "--days", "2"]).succeeded()
        try await bench.cosign("project", "trust", bench.project, "--out", "trust.json").succeeded()
        try await bench.cosign(
            "verify", "usb/release.img.release.json", "--trust", "trust.json", "--type", "rpi4", "--device", "d-1",
            "--group", "lab", "--offline", "--no-clock", "--artifact", "usb/release.img"
        ).succeeded()
        let entries = try SignedMessage(parsing: try bench.read("usb/release.img.release.json")).entries
        let header = try #require(entries.last?.header.members)
        let life = try #require(header["exp"]?.integer) - #require(header["iat"]?.integer)
        #expect(entries.count == 2 && life == 2 * 86_400)
    }

    @Test func bundleThatIsWrong_IsNotSigned() async throws {
        let bench = try await HubBench(with: "--approval", "auto")
        let release = try await bench.release(5)
        let bundle = ["bundle", "--release", release.id, "--audience", "all", "--out", "usb", "--artifact"]
        try bench.hub.write(bench.folder + "/other.img", "another image\n")
        for options in [[], ["--dry-run"]] {
            try await bench.cosign(bundle + ["other.img"] + options).expectRefusal("bad_artifact")
        }
        try await bench.cosign(bundle + [HubBench.artifact, "--days", "32"]).expectWrongUsage()
        try await bench.cosign(bundle + [HubBench.artifact, "--message", "m"]).expectWrongUsage()
        try await bench.cosign("bundle", "--release", "x", "--artifact", "a", "--out", "usb").expectWrongUsage()
        try await bench.cosign(bundle + [HubBench.artifact, "--audience", "everybody"])
            .expectRefusal("group:NAME")
        try await bench.cosign("release", "withdraw", release.id).succeeded()
        try await bench.cosign(bundle + [HubBench.artifact]).expectRefusal("withdrawn")
        #expect(!bench.exists("usb"))
        let signed = try await bench.hub.hubctl("audit", "list", "--action", "cosign.bundle").succeeded()
        #expect(!signed.output.contains(release.id))
    }
}
