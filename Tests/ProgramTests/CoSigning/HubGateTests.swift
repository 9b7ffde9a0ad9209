import AdminAPI
import Foundation
import Testing

/// What happens to deployments when a project claims their device type, and how a dry run says it before.
@Suite(.timeLimit(.minutes(5)), .hub()) struct HubGateTests {
    private struct Change: Decodable {
        struct Deployment: Decodable { var id: String }

        var held: [Deployment]
        var released: [Deployment]
    }

    /// A deployment for a device type of its own.
    private func deployment(_ bench: HubBench, _ type: String) async throws -> String {
        let release = "r-" + type
        let file = try await bench.hub.writeArtifact(release, content: type, deviceType: type)
        try await bench.hub.hubctl("artifact", "upload", file).succeeded()
        let made = try await bench.hub.hubctl(
            "deployment", "create", release, "--filter", "inventory.device_type=" + type, "--json")
        return try made.succeeded().json(as: AdminDeployment.self).id
    }

    private func pauseReason(_ bench: HubBench, _ id: String) async throws -> String? {
        try await bench.hub.deployment(id).deployment.pauseReason
    }

    @Test func dryRuns_SayWhatTheChangeThenDoes() async throws {
        let bench = try await HubBench(try ProgramHub.current)
        let (type, other) = ("t" + UUID().uuidString, "o" + UUID().uuidString)
        let (id, untouched) = (try await deployment(bench, type), try await deployment(bench, other))

        let create = ["project", "create", bench.project, "--project-key", "project.key.pub", "--device-types", type]
        let plan = try await bench.cosign(create + ["--dry-run", "--json"]).succeeded().json(as: Change.self)
        #expect(plan.held.map(\.id) == [id] && plan.released.isEmpty)
        try await bench.cosign("project", "show", bench.project).expectRefusal("no project")
        #expect(try await pauseReason(bench, id) == nil)
        try await bench.cosign(create).succeeded()
        #expect(try await pauseReason(bench, id) == "releaseMissing")
        #expect(try await pauseReason(bench, untouched) == nil)

        let set = ["project", "set", bench.project]
        let lifted = try await bench.cosign(set + ["--no-require-release", "--dry-run", "--json"]).succeeded()
            .json(as: Change.self)
        #expect(lifted.released.map(\.id) == [id] && lifted.held.isEmpty)
        #expect(try await pauseReason(bench, id) == "releaseMissing")

        // A release for another type covers nothing here, one for this type does.
        let file = bench.hub.path("r-\(type).mender")
        try await bench.cosign("release", "add", bench.sign(1, file: file, type: "x")).succeeded()
        let still = try await bench.cosign(set + ["--ttl", "60", "--dry-run", "--json"]).succeeded().json(
            as: Change.self)
        #expect(still.released.isEmpty && still.held.isEmpty)
        try await bench.cosign("release", "add", bench.sign(2, file: file, type: type)).succeeded()
        #expect(try await pauseReason(bench, id) == nil)

        let both = try await bench.cosign(set + ["--device-types", type + "," + other, "--dry-run"]).succeeded().output
        #expect(both.contains(untouched) && !both.contains(id) && both.contains("nothing was changed"))
    }
}
