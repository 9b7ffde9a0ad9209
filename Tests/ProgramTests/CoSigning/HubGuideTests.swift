import AdminAPI
import CoSigning
import Encoding
import Testing

/// The commands of docs/co-signing-hub.md, one after the other, and a restore at the end.
@Suite(.timeLimit(.minutes(5))) struct HubGuideTests {
    private let hub: ProgramHub
    private let guide: Document

    init() throws {
        hub = try ProgramHub()
        guide = try Document("docs/co-signing-hub.md")
    }

    @discardableResult
    private func run(_ step: String, _ project: String, on hub: ProgramHub? = nil) async throws -> ProgramResult {
        try await (hub ?? self.hub).shell(try guide.step(step), ["PROJECT": project]).succeeded()
    }

    private func project(_ id: String, on hub: ProgramHub? = nil) async throws -> AdminProject {
        try await (hub ?? self.hub).hubctl("cosign", "project", "show", id, "--json").succeeded().json()
    }

    private func releases() async throws -> [AdminCoSignedRelease] {
        try await hub.hubctl("cosign", "release", "list", "--json").succeeded().json()
    }

    /// What the publisher and the build machine send.
    private func publish() async throws -> String {
        let keys = """
            hubctl cosign keygen --project --out project.key --no-passphrase --json
            for name in recovery-a recovery-b recovery-c; do
                hubctl cosign keygen --kid $name --out $name.key --no-passphrase >&2
            done
            hubctl cosign keygen --kid build-1 --out server.key --no-passphrase >&2
            """
        let made = try await hub.shell(keys).succeeded()
        let id = try #require(try made.json(as: JSONValue.self)["kid"]?.string)
        try await hub.writeArtifact("release-2", deviceType: "rpi4")
        try await hub.hubctl(
            "cosign", "sign", "--key", "project.key", "--project", id, "--stream", "os", "--seq", "42",
            "--release-version", "2.4.1", "--device-type", "rpi4", "--file", "release-2.mender", "--out",
            "release-2.json"
        ).succeeded()
        return id
    }

    @Test func commandsOfTheGuide_LeadFromAProjectToOtherKeys_AndBackFromARestore() async throws {
        try await hub.start()
        let id = try await publish()
        try await run("project", id)
        let trust = try TrustedKeys(try #require(StrictJSON.parse(try hub.read("trust.json").dropLast())))
        #expect(trust.recoveryKeys.count == 3 && trust.project == id)
        #expect(try await run("types", id).output.contains("nothing was changed"))
        #expect(try await project(id).deviceTypes == ["rpi4", "rpi5"])
        #expect(try await run("server", id).output.contains("build-1"))
        #expect(try await run("release", id).output.contains("approved"))
        try await hub.hubctl("deployment", "create", "release-2", "--filter", "inventory.device_type=rpi4").succeeded()
        try await run("bundle", id)
        #expect(hub.names(in: "usb") == ["release-2.mender", "release-2.mender.release.json"])

        try hub.write("passphrase", "correct horse battery\n")
        try await hub.hubctl("backup", "hub.backup", "--passphrase-file", "passphrase").succeeded()
        try await run("withdraw", id)
        #expect(try await releases().map(\.state) == ["withdrawn"])
        #expect(try await run("suspend", id).output.contains("suspended"))
        try await run("activate", id)
        try await run("rotate", id)
        let rotated = try await project(id)
        #expect(rotated.trustVersion == 2 && rotated.keys.first { $0.kid == id }?.state == "revoked")
        try await run("cosigner", id)
        try await run("cosigner-removed", id)
        let signing = try await project(id).keys.filter { $0.role == "cosigner" && $0.state == "active" }
        #expect(signing.map(\.kid) == ["project/\(id)#2"])
        try await hub.hubctl("cosign", "project", "trust", id, "--out", "trust.json").succeeded()
        try await hub.stop()
        try await restored(id)
        try await lost(id)
    }

    /// The backup knows neither the withdrawal nor the other keys, so the hub waits for its operator.
    private func restored(_ id: String) async throws {
        let other = try ProgramHub(in: hub.folder, state: "other")
        try await Program.run(
            Program.hubctl.path,
            ["restore", "hub.backup", "--passphrase-file", "passphrase", "--state", other.state], in: hub.path("")
        ).succeeded()
        try await other.start()
        let before = try await project(id, on: other)
        #expect(before.suspended && before.coSignerReady && before.trustVersion == 1)
        try await run("resume", id, on: other)
        #expect(try await !project(id, on: other).suspended)
        #expect(try await other.stop() == 0)
    }
    /// A hub that knows nothing but the trust store of devices, and the recovery keys.
    private func lost(_ id: String) async throws {
        let other = try ProgramHub(in: hub.folder, state: "new")
        try await other.start()
        try await run("lost", id, on: other)
        let brought = try await project(id, on: other)
        #expect(brought.coSignerReady && brought.trustVersion == 5)
        let signing = brought.keys.filter { $0.role == "cosigner" && $0.state == "active" }
        #expect(signing.map(\.kid) == ["project/\(id)#3"])
        #expect(try await other.stop() == 0)
    }
}
