import AdminAPI
import CoSigning
import Encoding
import Foundation
import PKI
import Testing

/// Projects at a hub, by its program.
@Suite(.timeLimit(.minutes(5)), .hub()) struct HubProjectTests {
    @Test func newProject_HasTheKeysThatWereGiven_AndACoSigner() async throws {
        let bench = try await HubBench(try ProgramHub.current)
        for name in ["a", "b"] { try await bench.makeKey(name, kid: "recovery-" + name) }
        let type = bench.folder
        try await bench.create([
            "--recovery-key", "recovery-a=a.key.pub", "--recovery-key", "recovery-b=b.key.pub", "--recovery-threshold",
            "1", "--device-types", type + "," + type + "-b", "--approval", "manual", "--ttl", "300",
            "--require-project-signature",
        ])
        let project = try await bench.shown()
        #expect(project.deviceTypes == [type, type + "-b"] && project.approval == "manual")
        #expect(project.lifetimeSeconds == 300 && project.requireRelease && project.requireProjectSignature)
        #expect(!project.suspended && project.coSignerReady && project.trustVersion == 1)
        #expect(
            Set(project.keys.map { $0.role + " " + $0.kid }) == [
                "project \(bench.project)", "recovery recovery-a", "recovery recovery-b",
                "cosigner project/\(bench.project)",
            ])

        let listed = try await bench.json("project", "list", as: [AdminProject].self)
        #expect(listed.contains { $0.id == bench.project })
        let text = try await bench.cosign("project", "show", bench.project).succeeded().output
        #expect(text.contains("wait for approval") && text.contains("recovery-b"))
    }

    /// What the publisher makes of the co-signer's JWK is what the hub tells devices.
    @Test func publishersTrustStore_IsTheHubs() async throws {
        let bench = try await HubBench(with: "--approval", "auto")
        try await bench.cosign("project", "cosigner", bench.project, "--out", "cosigner.jwk").succeeded()
        try await bench.cosign(
            "trust", "--project", bench.project, "--project-key", "project.key.pub", "--cosigner-key", "cosigner.jwk",
            "--out", "own.json"
        ).succeeded()
        try await bench.cosign("project", "trust", bench.project, "--out", "hub.json").succeeded()
        let own = try TrustedKeys(try #require(StrictJSON.parse(try bench.read("own.json").dropLast())))
        let hub = try TrustedKeys(try #require(StrictJSON.parse(try bench.read("hub.json").dropLast())))
        #expect(own == hub)
        let printed = try await bench.cosign("project", "cosigner", bench.project).succeeded().output
        #expect(try bench.text("cosigner.jwk") == printed)
    }

    @Test func givenCoSignerKey_IsTheHubs() async throws {
        let bench = try await HubBench(try ProgramHub.current)
        try await bench.cosign(
            "keygen", "--kid", "c", "--out", "c.key", "--passphrase-file",
            try bench.hub.write("secret", "long enough\n")
        ).succeeded()
        try await bench.create([
            "--cosigner-key", "c.key", "--passphrase-file", bench.hub.path("secret"), "--cosigner-kid", "site/co#7",
        ])
        let key = try #require(try await bench.shown().keys.first { $0.role == "cosigner" })
        let given = try bench.text("c.key.pub")
        #expect(key.kid == "site/co#7" && key.pem == given)
    }

    @Test func rules_AreChangedOneByOne() async throws {
        let bench = try await HubBench(with: "--ttl", "600")
        try await bench.cosign("project", "set", bench.project, "--no-require-release").succeeded()
        try await bench.cosign("project", "set", bench.project, "--approval", "manual").succeeded()
        try await bench.cosign("project", "set", bench.project, "--device-types", bench.folder).succeeded()
        let project = try await bench.shown()
        #expect(!project.requireRelease && project.approval == "manual" && project.lifetimeSeconds == 600)
        #expect(project.deviceTypes == [bench.folder])
        try await bench.cosign("project", "set", bench.project, "--device-types", "").succeeded()
        #expect(try await bench.shown().deviceTypes == [])
    }

    @Test func deviceTypeOfAnotherProject_IsRefused_InADryRunToo() async throws {
        let (first, second) = (try await HubBench(with: "--ttl", "60"), try await HubBench(with: "--ttl", "60"))
        try await first.cosign("project", "set", first.project, "--device-types", first.folder).succeeded()
        for options in [[], ["--dry-run"]] {
            try await second.cosign(
                ["project", "set", second.project, "--device-types", "x," + first.folder] + options
            ).expectRefusal("hubctl cosign project set \(first.project) --device-types")
        }
        #expect(try await second.shown().deviceTypes == [])
    }

    @Test(arguments: [
        (["project", "create", "ID", "--project-key", "project.key"], "private key", Int32(1)),
        (["project", "create", "ID", "--project-key", "none.pub"], "none.pub", 1),
        (
            ["project", "create", "ID", "--project-key", "project.key.pub", "--recovery-key", "other.key.pub"], "KID=",
            64
        ),
        (["project", "create", "a/b", "--project-key", "project.key.pub"], "no /", 1),
        (["project", "create", "ID", "--project-key", "project.key.pub", "--ttl", "0"], "to 1 day", 1),
        (["project", "create", "ID", "--project-key", "project.key.pub", "--device-types", "a,,b"], "empty name", 64),
        (
            ["project", "create", "ID", "--project-key", "project.key.pub", "--recovery-key", "ID=other.key.pub"],
            "name", 1
        ),
        (["project", "create", "ID", "--project-key", "project.key.pub", "--cosigner-key", "project.key"], "twice", 1),
        (
            ["project", "create", "ID", "--project-key", "project.key.pub", "--cosigner-token", "pkcs11:token=no"],
            "token", 1
        ),
        (["project", "show", "none"], "hubctl cosign project list", 1),
        (["project", "cosigner", "none"], "hubctl cosign project list", 1),
        (["project", "resume", "none", "--yes"], "hubctl cosign project list", 1),
    ])
    func wrongInput_IsOneLine_AndChangesNothing(arguments: [String], words: String, code: Int32) async throws {
        let bench = try await HubBench(try ProgramHub.current)
        try await bench.makeKey("other", kid: "other")
        let arguments = arguments.map { $0.replacing("ID", with: bench.project) }
        try await bench.cosign(arguments).expectRefusal(words, code: code)
        try await bench.cosign("project", "show", bench.project).expectRefusal("no project")
    }

    @Test func projectIsMadeOnce() async throws {
        let bench = try await HubBench(with: "--ttl", "60")
        try await bench.cosign("project", "create", bench.project, "--project-key", "project.key.pub")
            .expectRefusal("change it with: hubctl cosign project set")
        try await bench.cosign("project", "set", bench.project).expectWrongUsage()
    }
}
