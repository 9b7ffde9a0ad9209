import AdminAPI
import Testing

/// Co-signing is stopped, and goes on after a look at what the hub knows.
@Suite(.timeLimit(.minutes(5)), .hub()) struct HubResumeTests {
    private struct Overview: Decodable {
        var project: AdminProject
        var releases: [AdminCoSignedRelease]
    }

    @Test func suspendedProject_CoSignsNothing_UntilYes() async throws {
        let bench = try await HubBench(with: "--approval", "auto")
        let release = try await bench.release(1)
        try await bench.cosign("project", "suspend", bench.project).succeeded()
        let bundle = [
            "bundle", "--release", release.id, "--audience", "all", "--artifact", HubBench.artifact, "--out", "usb",
        ]
        try await bench.cosign(bundle).expectRefusal("hubctl cosign project resume")
        #expect(!bench.exists("usb"))

        let asked = try await bench.cosign("project", "resume", bench.project)
        asked.expectRefusal("--yes", code: 64)
        #expect(asked.output.contains(release.id) && asked.output.contains("project/\(bench.project)"))
        let told = try await bench.cosign("project", "resume", bench.project, "--json")
        let overview = try told.json(as: Overview.self)
        #expect(told.code == 64 && overview.project.suspended && overview.releases.map(\.id) == [release.id])
        #expect(try await bench.shown().suspended)

        try await bench.cosign("project", "resume", bench.project, "--yes").succeeded()
        #expect(try await !bench.shown().suspended)
        try await bench.cosign(bundle).succeeded()
    }

    @Test(arguments: [("yes\n", false), ("no\n", true), ("\n", true)])
    func answerOnATerminal_Decides(answer: String, isSuspended: Bool) async throws {
        let bench = try await HubBench(with: "--approval", "auto")
        let release = try await bench.release(7)
        try await bench.cosign("project", "suspend", bench.project).succeeded()
        let result = try await bench.hub.onATerminal("cosign project resume " + bench.project, typing: answer).end()
        #expect(result.code == (isSuspended ? 1 : 0) && result.says(release.id), "\(result)")
        #expect(try await bench.shown().suspended == isSuspended)
    }

    @Test func projectThatIsNotSuspended_IsOnlyShown() async throws {
        let bench = try await HubBench(with: "--approval", "auto")
        try await bench.cosign("project", "resume", bench.project).succeeded()
        #expect(try await !bench.shown().suspended)
    }
}
