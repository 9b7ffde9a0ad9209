import AdminAPI
import Foundation
import Testing

@testable import AdminCLI

/// What a dry run says of a change of rules is what the hub would do.
@Suite struct ReleaseGateTests {
    private static let rules = AdminProject(
        id: "p", deviceTypes: ["lamp", "fan"], approval: "auto", lifetimeSeconds: 900, requireRelease: true,
        requireProjectSignature: false, suspended: false, coSignerReady: true, trustVersion: 1, createdAt: 0,
        keys: [
            AdminProjectKey(kid: "p", role: "project", state: "active", pem: "", changedAt: 0, changedBy: ""),
            AdminProjectKey(kid: "p#2", role: "project", state: "suspended", pem: "", changedAt: 0, changedBy: ""),
            AdminProjectKey(kid: "s", role: "server", state: "active", pem: "", changedAt: 0, changedBy: ""),
        ])

    private static let release = AdminCoSignedRelease(
        id: "r", project: "p", stream: "os", seq: 1, version: "1", state: "approved", sha256: "0a", size: 7,
        deviceTypes: ["lamp"], projectKey: "p", validUntil: 0, uploadedBy: "", createdAt: 0)

    private static func artifact(_ types: [String], sha256: String = "0a", size: Int64 = 7) throws -> AdminArtifact {
        let text = #"""
            {"id":"a","release":"r","description":"","sha256":"\#(sha256)","size":\#(size),"modifiedAt":"",
            "deviceTypes":\#(types),"depends":{},"provides":{},"files":[],"scripts":[],"signature":"unsigned"}
            """#
        return try JSONDecoder().decode(AdminArtifact.self, from: Data(text.utf8))
    }

    private static func covers(
        _ artifact: AdminArtifact, _ edit: (inout AdminCoSignedRelease) -> Void = { _ in }
    ) -> Bool {
        var release = release
        edit(&release)
        return ReleaseGate(projects: [ReleaseGate.Project(rules)], releases: [release]).covers(artifact)
    }

    @Test(arguments: [
        (["lamp"], true), (["fan"], false), (["lamp", "fan"], false), (["door"], true), (["lamp", "door"], true),
        ([], true), (["Lamp"], true),
    ]) func artifact_IsCoveredForEachOfItsTypes(types: [String], isCovered: Bool) throws {
        #expect(try Self.covers(Self.artifact(types)) == isCovered)
    }

    @Test func otherFile_IsNotCovered() throws {
        #expect(try !Self.covers(Self.artifact(["lamp"], sha256: "0b")))
        #expect(try !Self.covers(Self.artifact(["lamp"], size: 8)))
    }

    @Test func releaseThatDoesNotCount_CoversNothing() throws {
        let artifact = try Self.artifact(["lamp"])
        #expect(Self.covers(artifact))
        for state in ["pending", "withdrawn"] { #expect(!Self.covers(artifact) { $0.state = state }) }
        for key in ["p#2", "s", "unknown"] { #expect(!Self.covers(artifact) { $0.projectKey = key }) }
        #expect(!Self.covers(artifact) { $0.project = "q" })
    }

    @Test func changedRules_DecideAlone() throws {
        let project = ReleaseGate.Project(Self.rules)
        let artifact = try Self.artifact(["fan"])
        var rules = AdminProjectRules()
        #expect(!ReleaseGate(projects: [project.changed(rules)], releases: []).covers(artifact))
        rules.requireRelease = false
        #expect(ReleaseGate(projects: [project.changed(rules)], releases: []).covers(artifact))
        rules = AdminProjectRules()
        rules.deviceTypes = ["lamp"]
        #expect(ReleaseGate(projects: [project.changed(rules)], releases: []).covers(artifact))
        #expect(!ReleaseGate(projects: [.init(new: "q", rules)], releases: []).covers(try Self.artifact(["lamp"])))
    }
}
