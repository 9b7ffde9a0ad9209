import AdminAPI
import CoSigning
import Encoding
import Testing

/// Key sets that the hub co-signs and publishes, by its program.
@Suite(.timeLimit(.minutes(5)), .hub()) struct HubKeySetTests {
    /// A key set that replaces the project key, signed by the old one and the new one.
    private func drafted() async throws -> HubBench {
        let bench = try await HubBench(with: "--approval", "auto")
        try await bench.makeKey("new", kid: bench.project + "#2")
        try await bench.cosign("project", "trust", bench.project, "--out", "trust.json").succeeded()
        try await bench.cosign(
            "keyset", "draft", "--trust", "trust.json", "--add-project", "new.key.pub", "--remove", bench.project,
            "--out",
            "set.json"
        ).succeeded()
        for key in ["project", "new"] {
            try await bench.cosign("keyset", "sign", "set.json", "--key", key + ".key", "--trust", "trust.json")
                .succeeded()
        }
        return bench
    }

    @Test func coSignedKeySet_ReplacesTheKey() async throws {
        let bench = try await drafted()
        try await bench.cosign("keyset", "publish", "set.json").expectRefusal("missing_signature")
        try await bench.cosign("keyset", "publish", "set.json", "--dry-run").expectRefusal("missing_signature")
        try await bench.cosign("keyset", "cosign", "set.json").succeeded()
        let entries = try SignedMessage(parsing: try bench.read("set.json").dropLast()).entries
        #expect(
            entries.map(\.header.kid.text) == [bench.project, bench.project + "#2", "project/" + bench.project])

        try await bench.cosign("keyset", "publish", "set.json", "--dry-run").succeeded()
        #expect(try await bench.shown().trustVersion == 1)
        let project = try await bench.json("keyset", "publish", "set.json", as: AdminProject.self)
        #expect(project.trustVersion == 2)
        let states = Dictionary(uniqueKeysWithValues: project.keys.map { ($0.kid, $0.state) })
        #expect(states[bench.project] == "revoked" && states[bench.project + "#2"] == "active")
        try await bench.cosign("keyset", "publish", "set.json").expectRefusal("wrong_version")
        try await bench.cosign("release", "add", bench.sign(1)).expectRefusal("not active")
        try await bench.cosign("release", "add", bench.sign(2, key: "new")).succeeded()
    }

    @Test func whatIsNoKeySet_IsNotCoSigned() async throws {
        let bench = try await drafted()
        let before = try bench.read("set.json")
        try await bench.cosign("keyset", "cosign", bench.sign(1)).expectRefusal("not a key set")
        try await bench.cosign("project", "suspend", bench.project).succeeded()
        try await bench.cosign("keyset", "cosign", "set.json").expectRefusal("hubctl cosign project resume")
        #expect(try bench.read("set.json") == before)
    }
}
