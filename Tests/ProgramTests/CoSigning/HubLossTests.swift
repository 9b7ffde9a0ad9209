import AdminAPI
import CoSigning
import Encoding
import Testing

/// A hub that was lost without a backup: another one takes over the trust store that devices have, and recovery keys
/// bring its co-signer key.
@Suite(.timeLimit(.minutes(5)), .hub()) struct HubLossTests {
    private static let recovery = ["recovery-a", "recovery-b", "recovery-c"]

    /// A publisher with `trust-2.json`: of the key set with which recovery keys replaced the project key by `new.key`.
    /// The co-signer's private key is gone.
    private func publisher() async throws -> HubBench {
        let bench = try await HubBench(try ProgramHub.current)
        for name in Self.recovery { try await bench.makeKey(name, kid: name) }
        try await bench.makeKey("lost", kid: "project/" + bench.project)
        try await bench.makeKey("new", kid: bench.project + "#2")
        var trust = ["trust", "--project", bench.project, "--project-key", "project.key.pub", "--out", "trust-1.json"]
        trust += ["--cosigner-key", "lost.key.pub"]
        for name in Self.recovery { trust += ["--recovery-key", "\(name)=\(name).key.pub"] }
        try await bench.cosign(trust).succeeded()
        try await draft(bench, 2, ["--add-project", "new.key.pub", "--remove", bench.project])
        for key in ["new", "recovery-a", "recovery-b"] { try await sign(bench, 2, key) }
        try await check(bench, 2)
        return bench
    }

    private func draft(_ bench: HubBench, _ version: Int, _ change: [String]) async throws {
        let files = ["--trust", "trust-\(version - 1).json", "--out", "set-\(version).json"]
        try await bench.cosign(["keyset", "draft"] + files + change).succeeded()
    }

    private func sign(_ bench: HubBench, _ version: Int, _ key: String) async throws {
        try await bench.cosign(
            "keyset", "sign", "set-\(version).json", "--key", key + ".key", "--trust", "trust-\(version - 1).json"
        ).succeeded()
    }

    /// What a device does with a key set.
    private func check(_ bench: HubBench, _ version: Int) async throws {
        try await bench.cosign(
            "keyset", "check", "set-\(version).json", "--trust", "trust-\(version - 1).json", "--out",
            "trust-\(version).json"
        ).succeeded()
    }

    /// A project of that trust store, and a key set that replaces the lost key by the hub's; nobody has signed it.
    private func takenOver() async throws -> HubBench {
        let bench = try await publisher()
        try await bench.cosign("project", "create", bench.project, "--trust", "trust-2.json").succeeded()
        try await bench.cosign("project", "next-cosigner", bench.project, "--out", "next.jwk").succeeded()
        try await draft(bench, 3, ["--add-cosigner", "next.jwk", "--remove", "project/" + bench.project])
        return bench
    }

    private func verify(_ bench: HubBench, trust: String) async throws -> ProgramResult {
        try await bench.cosign(
            "verify", "usb/release.img.release.json", "--trust", trust, "--type", "rpi4", "--device", "d-1",
            "--offline", "--no-clock", "--artifact", "usb/release.img")
    }

    @Test func trustStoreOfDevices_IsTheProjects_WithoutACoSigner() async throws {
        let bench = try await publisher()
        let made = try await bench.json(
            "project", "create", bench.project, "--trust", "trust-2.json", as: AdminProject.self)
        #expect(made.trustVersion == 2 && !made.coSignerReady && !made.suspended)
        try await bench.cosign("project", "trust", bench.project, "--out", "hub.json").succeeded()
        let own = try TrustedKeys(try #require(StrictJSON.parse(try bench.read("trust-2.json").dropLast())))
        let hub = try TrustedKeys(try #require(StrictJSON.parse(try bench.read("hub.json").dropLast())))
        #expect(own == hub)
        try await bench.cosign("project", "create", bench.project, "--trust", "trust-2.json")
            .expectRefusal("change it with: hubctl cosign project set")
    }

    @Test func recoveryKeys_BringTheHubsKey_AndDevicesTakeItsReleases() async throws {
        let bench = try await takenOver()
        for key in ["recovery-a", "recovery-c"] { try await sign(bench, 3, key) }
        try await bench.cosign("keyset", "publish", "set-3.json").expectRefusal("missing_signature")
        try await bench.cosign("keyset", "cosign", "set-3.json").succeeded()
        let entries = try SignedMessage(parsing: try bench.read("set-3.json").dropLast()).entries
        let next = "project/" + bench.project + "#2"
        #expect(entries.map(\.header.kid.text) == ["recovery-a", "recovery-c", next])
        try await check(bench, 3)
        let project = try await bench.json("keyset", "publish", "set-3.json", as: AdminProject.self)
        #expect(project.trustVersion == 3 && project.coSignerReady)
        let signing = project.keys.filter { $0.role == "cosigner" && $0.state == "active" }
        #expect(signing.map(\.kid) == [next])

        let release = try await bench.json("release", "add", bench.sign(7, key: "new"), as: AdminCoSignedRelease.self)
        try await bench.cosign(
            "bundle", "--release", release.id, "--audience", "all", "--artifact", HubBench.artifact, "--out", "usb"
        ).succeeded()
        try await verify(bench, trust: "trust-3.json").succeeded()
        let before = try await verify(bench, trust: "trust-2.json")
        #expect(before.code == 1 && before.says("missing_signature"), "\(before)")
    }

    /// One recovery key is less than the threshold: the hub's new key signs for nobody who has stolen only that one.
    @Test func oneRecoveryKey_BringsNothing() async throws {
        let bench = try await takenOver()
        try await sign(bench, 3, "recovery-a")
        let before = try bench.read("set-3.json")
        #expect(try await bench.cosign("keyset", "cosign", "set-3.json").code == 1)
        #expect(try bench.read("set-3.json") == before)
        try await bench.cosign("keyset", "publish", "set-3.json").expectRefusal("missing_signature")
        #expect(try await bench.shown().trustVersion == 2)
    }

    @Test func wrongTrustStore_MakesNoProject() async throws {
        let bench = try await publisher()
        let create = ["project", "create", bench.project]
        try await bench.cosign(
            "trust", "--project", bench.project, "--project-key", "project.key.pub", "--cosigner-key", "lost.key.pub",
            "--out", "bare.json"
        ).succeeded()
        try await bench.cosign(create + ["--trust", "bare.json"]).expectRefusal("no recovery keys")
        try await bench.cosign(create + ["--trust", "set-2.json"]).expectRefusal("bad_trust")
        try await bench.cosign("project", "create", "other", "--trust", "trust-2.json")
            .expectRefusal("is for project \(bench.project)")
        for keys in [
            ["--project-key", "project.key.pub"], ["--recovery-threshold", "1"], ["--cosigner-key", "lost.key"],
        ] {
            try await bench.cosign(create + ["--trust", "trust-2.json"] + keys).expectWrongUsage()
        }
        try await bench.cosign(create).expectWrongUsage()
        try await bench.cosign(create + ["--trust", "trust-2.json", "--dry-run"]).succeeded()
        try await bench.cosign("project", "show", bench.project).expectRefusal("no project")
    }
}
