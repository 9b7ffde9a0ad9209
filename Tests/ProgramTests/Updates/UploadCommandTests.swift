import AdminAPI
import Foundation
import Testing
import Transport

/// Artifacts on their way to the hub and back. Each test has a type of devices of its own.
@Suite(.hub(), .timeLimit(.minutes(5))) struct UploadCommandTests {
    private let hub: ProgramHub

    init() throws {
        hub = try .current
    }

    private func artifacts(for deviceType: String) async throws -> [AdminArtifact] {
        try await hub.hubctl("artifact", "list", "--device-type", deviceType, "--json").succeeded().json()
    }

    /// Brings bytes past hubctl's own check; the code with which the hub refuses them.
    private func refusal(of bytes: [UInt8]) async throws -> String {
        let begun = try await hub.askLocally("/admin/v1/artifacts/uploads", method: "POST", body: .text("{}"))
        let upload = try begun.json(as: AdminUpload.self).id
        let path = "/admin/v1/artifacts/uploads/" + upload
        let taken = try await hub.askLocally(path + "?offset=0", method: "PATCH", body: .bytes(bytes))
        #expect(try taken.json(as: AdminUpload.self).offset == bytes.count)
        let answer = try await hub.askLocally(path + "/finish", method: "POST", body: .text("{}"))
        #expect(!hub.names(in: "state/artifacts").contains { $0.contains(upload) }, "nothing is kept of it")
        return try answer.json(as: AdminFailure.self).error.code
    }

    @Test func artifact_GoesUpOnce_AndComesBackAsItWas() async throws {
        let file = try await hub.writeArtifact("up-1", deviceType: "up")
        try await hub.hubctl("artifact", "upload", file, "--description", "the first").succeeded()
        let artifact = try #require(try await artifacts(for: "up").first)
        #expect(artifact.release == "up-1")
        let shown = try await hub.hubctl("artifact", "show", artifact.id, "--json").succeeded()
        #expect(try shown.json(as: AdminArtifact.self).description == "the first")
        #expect(try await hub.hubctl("artifact", "upload", file).succeeded().output.contains("is on the hub already"))
        #expect(try await artifacts(for: "up").map(\.id) == [artifact.id])

        try await hub.hubctl("artifact", "download", artifact.id, "--out", "back.mender").succeeded()
        let bytes = try hub.read("up-1.mender")
        #expect(try hub.read("back.mender") == bytes)
        let part = try await hub.askLocally(
            "/admin/v1/artifacts/\(artifact.id)/download", headers: [("Range", "bytes=1000-1999")])
        #expect(part.status == 206 && part.body == Array(bytes[1000..<2000]))
    }

    @Test func otherArtifactOfTheName_IsRefused_AndLeavesNothing() async throws {
        try await hub.hubctl("artifact", "upload", hub.writeArtifact("name-1", deviceType: "name")).succeeded()
        let other = try await hub.writeArtifact("name-1", content: "another\n", deviceType: "name")
        try await hub.hubctl("artifact", "upload", other)
            .expectRefusal("has an artifact for one of these device types")
        let sums = try await artifacts(for: "name").map(\.sha256)
        #expect(sums.count == 1 && Set(sums).isSubset(of: hub.names(in: "state/artifacts")))
    }

    @Test func unknownArtifact_IsNamedSo() async throws {
        try await hub.hubctl("artifact", "download", "3f0c2b9e-8f2a-4d7e-9a61-5b7d3c1e0f42")
            .expectRefusal("hubctl artifact list")
    }

    @Test func fileThatIsNone_DoesNotLeaveThisMachine_AndTheHubRefusesItAsWell() async throws {
        try hub.write("junk.mender", "no artifact\n")
        try await hub.hubctl("artifact", "upload", "junk.mender").expectRefusal("junk.mender: it is not an artifact")
        _ = try await hub.writeArtifact("junk", content: String(repeating: "light\n", count: 2000), deviceType: "junk")
        let bytes = try hub.read("junk.mender")
        var flipped = bytes
        flipped[700] ^= 1
        for hostile in [Array("no artifact\n".utf8), flipped, Array(bytes.prefix(3000)), bytes + [1]] {
            #expect(try await refusal(of: hostile) == "badArtifact")
        }
        #expect(try await artifacts(for: "junk").isEmpty)
    }

    @Test func upload_GoesNowhereButIntoItsFile() async throws {
        let answer = try await hub.askLocally(
            "/admin/v1/artifacts/uploads/..%2F..%2Fhub.db?offset=0", method: "PATCH", body: .text("x"))
        #expect(try answer.json(as: AdminFailure.self).error.code == "unknownUpload")
    }

    @Test func prune_ShowsWhatWouldGo_ThenRemovesItWithItsFiles() async throws {
        for number in 1...3 {
            try await hub.hubctl("artifact", "upload", hub.writeArtifact("old-\(number)", deviceType: "old"))
                .succeeded()
        }
        func prune(_ options: String...) async throws -> Set<String> {
            let result = try await Program.run(
                Program.hubctl.path, ["artifact", "prune", "--keep", "1", "--json"] + options,
                environment: ["HUB_SOCKET": hub.socket])
            return Set(try result.succeeded().json(as: [AdminArtifact].self).map(\.release))
        }
        let old: Set = ["old-1", "old-2", "old-3"]
        let shown = try await prune("--dry-run").intersection(old)
        #expect(shown.count == 2)
        #expect(try await artifacts(for: "old").count == 3)
        #expect(try await prune().intersection(old) == shown)
        let left = try await artifacts(for: "old")
        #expect(Set(left.map(\.release)) == old.subtracting(shown))
        let sum = try #require(left.first?.sha256)
        #expect(hub.names(in: "state/artifacts").contains(sum))
        try await hub.hubctl("artifact", "remove", try #require(left.first?.id)).succeeded()
        #expect(try await artifacts(for: "old").isEmpty && !hub.names(in: "state/artifacts").contains(sum))
    }
}
