import AdminAPI
import Testing

/// Keys of callers and projects at a hub, by its program.
@Suite(.timeLimit(.minutes(5)), .hub()) struct HubKeyTests {
    private struct Listed: Decodable {
        var project: String
        var kid: String
        var role: String
        var state: String
    }

    @Test(arguments: ["server", "admin"]) func caller_IsAddedListedAndRevoked(role: String) async throws {
        let bench = try await HubBench(with: "--ttl", "60")
        try await bench.makeKey("build", kid: "build-1")
        let key = try await bench.json(
            role, "add", "build-1", "build.key.pub", "--project", bench.project, as: AdminProjectKey.self)
        #expect(key.kid == "build-1" && key.role == role && key.state == "active")
        #expect(try bench.text("build.key.pub") == key.pem)
        try await bench.cosign(role, "add", "build-1", "build.key.pub", "--project", bench.project)
            .expectRefusal("never used for another key")

        try await bench.cosign(role, "revoke", "build-1", "--project", bench.project).succeeded()
        try await bench.cosign(role, "revoke", "build-1", "--project", bench.project).succeeded()
        let listed = try await bench.json(role, "list", "--project", bench.project, as: [Listed].self)
        #expect(listed.map(\.kid) == ["build-1"] && listed.map(\.state) == ["revoked"])
        #expect(listed.map(\.project) == [bench.project])
        try await bench.cosign("key", "activate", "build-1", "--project", bench.project).expectRefusal("is revoked")
    }

    /// A slip of the command must not revoke the key of a publisher.
    @Test func keyOfAnotherRole_IsNotRevoked() async throws {
        let bench = try await HubBench(with: "--ttl", "60")
        for role in ["server", "admin"] {
            try await bench.cosign(role, "revoke", bench.project).expectRefusal("hubctl cosign \(role) list")
        }
        #expect(try await bench.shown().keys.allSatisfy { $0.state == "active" })
    }

    @Test(arguments: ["P#2", "project/P", "a b", "ü", "%41"])
    func everyName_ReachesItsKey(name: String) async throws {
        let bench = try await HubBench(with: "--ttl", "60")
        let kid = name.replacing("P", with: bench.project)
        if name != "project/P" {
            try await bench.makeKey("s", kid: kid)
            try await bench.cosign("server", "add", kid, "s.key.pub", "--project", bench.project).succeeded()
        }
        for (verb, state) in [("suspend", "suspended"), ("activate", "active"), ("revoke", "revoked")] {
            let key = try await bench.json("key", verb, kid, "--project", bench.project, as: AdminProjectKey.self)
            #expect(key.kid == kid && key.state == state)
        }
        let others = try await bench.shown().keys.filter { $0.kid != kid }
        #expect(others.allSatisfy { $0.state == "active" })
    }

    @Test func suspendedProjectKey_SignsNothingThatTheHubTakes() async throws {
        let bench = try await HubBench(with: "--approval", "auto")
        try await bench.cosign("key", "suspend", bench.project).succeeded()
        try await bench.cosign("release", "add", bench.sign(1)).expectRefusal("hubctl cosign key activate")
        try await bench.cosign("key", "activate", bench.project).succeeded()
        try await bench.cosign("release", "add", "release-1.json").succeeded()
    }

    @Test func nameInSeveralProjects_NeedsTheProject() async throws {
        var benches: [HubBench] = []
        for _ in 1...2 {
            let bench = try await HubBench(with: "--ttl", "60")
            try await bench.makeKey("s", kid: "twice")
            try await bench.cosign("server", "add", "twice", "s.key.pub", "--project", bench.project).succeeded()
            benches.append(bench)
        }
        try await benches[0].cosign("server", "revoke", "twice").expectRefusal("--project", code: 64)
        try await benches[0].cosign("key", "suspend", "twice").expectRefusal(benches[1].project, code: 64)
        try await benches[0].cosign("server", "add", "third", "s.key.pub").expectRefusal("--project", code: 64)
        try await benches[0].cosign("key", "suspend", "nobody").expectRefusal("hubctl cosign key list")
        for bench in benches { #expect(try await bench.shown().keys.allSatisfy { $0.state == "active" }) }
    }

    @Test func wrongKeys_AreNotAdded() async throws {
        let bench = try await HubBench(with: "--ttl", "60")
        try await bench.makeKey("s", kid: "s")
        try await bench.cosign("public", "--key", "s.key", "--kid", "s", "--out", "s.jwk").succeeded()
        let add = ["server", "add", "--project", bench.project]
        try await bench.cosign(add + ["s", "s.key"]).expectRefusal("private key")
        try await bench.cosign(add + ["other", "s.jwk"]).expectRefusal("is the key s, not other")
        try await bench.cosign(add + ["s", "project.key.pub"]).expectRefusal("under another name")
        try await bench.cosign(add + ["s", "s.jwk"]).succeeded()
    }
}
