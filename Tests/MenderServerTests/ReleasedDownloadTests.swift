import CoSignTestSupport
import CoSigning
internal import Encoding
import HTTPTypes
import HubHTTP
internal import Journal
internal import JournalTestSupport
import Releases
internal import Rooms
internal import RouteTestSupport
import Testing
import Updates

/// Devices of a project that asks for releases get no instructions and no file that no release covers, whatever link
/// they have.
@Suite struct ReleasedDownloadTests {
    /// A device with instructions, the link in them, and a publisher.
    private struct Site {
        let site: UpdateSite
        let device: UpdateDevice
        let publisher: Publisher
        let artifact: StoredArtifact
        let path: String
        let deployment: String
        var releases: Releases { site.rig.rooms.releases }

        init() async throws {
            site = try await UpdateSite()
            publisher = try Publisher()
            device = try await site.device()
            let id = try await site.upload(try UpdateSite.artifact("rel-1"))
            artifact = try await site.rig.artifacts.artifact(id)
            deployment = try await site.deploy("rel-1", to: [device])
            let uri = try #require(try await device.next().json["artifact"]?["source"]?["uri"]?.string)
            path = String(uri[try #require(uri.firstRange(of: "/api/")).lowerBound...])
        }

        func claim(_ type: String) async throws {
            var new = NewProject(id: publisher.projectID, projectKeys: [try publisher.project.verification])
            new.deviceTypes = [type]
            _ = try await releases.createProject(new, by: .hub)
        }

        /// A release of the artifact; its number at the hub.
        func release(_ sequence: Int64) async throws -> String {
            let file = Publisher.artifact(sha256: artifact.sha256, size: artifact.size)
            let claims = publisher.release(
                sequence, at: site.rig.clock.now, types: ["qemu"], [("artifact", file)])
            return try await releases.publish(
                Publisher.signed(claims, by: [publisher.project]), project: publisher.projectID, by: .hub
            ).release.id
        }

        /// What the link gives now.
        func status() async throws -> HTTPResponse.Status { try await site.rig.network.send(.get, path).status }
    }

    @Test func link_CountsAsLongAsAReleaseCoversItsFile() async throws {
        let site = try await Site()
        #expect(try await site.status() == .ok)
        try await site.claim("qemu")
        #expect(try await site.status() == .forbidden)
        #expect(try await site.device.next().status == .noContent)
        let release = try await site.release(1)
        #expect(try await site.status() == .ok)
        #expect(try await site.device.next().status == .ok)
        try await site.releases.setState(
            .suspended, ofKey: site.publisher.projectID, project: site.publisher.projectID, by: .hub)
        #expect(try await site.status() == .forbidden)
        try await site.releases.setState(
            .active, ofKey: site.publisher.projectID, project: site.publisher.projectID, by: .hub)
        #expect(try await site.status() == .ok)
        _ = try await site.releases.setState(.withdrawn, of: release, by: .hub)
        #expect(try await site.status() == .forbidden)
        #expect(try await site.device.next().status == .noContent)
    }

    @Test func linkOfADeploymentThatHasEnded_NeedsARelease_ForWhateverTypeTheFileIsMade() async throws {
        let site = try await Site()
        try await site.site.rig.updates.abort(site.deployment, by: .hub)
        #expect(try await site.status() == .ok)
        try await site.claim("qemu")
        #expect(try await site.status() == .forbidden)
    }

    @Test func deviceOfAnotherType_NoticesNothing() async throws {
        let site = try await Site()
        try await site.claim("other")
        #expect(try await site.status() == .ok)
        #expect(try await site.device.next().status == .ok)
    }

    @Test func deploymentThatNoReleaseCovers_IsRefusedOverTheManagementAPI() async throws {
        let site = try await Site()
        try await site.claim("qemu")
        let id = try await site.site.id(site.device)
        let body = #"{"name":"second","artifact_name":"rel-1","devices":["\#(id)"]}"#
        let refused = try await site.site.send(.post, "v1/deployments/deployments", body)
        #expect(refused.status == .unprocessableContent, "\(refused.text)")
        _ = try await site.release(1)
        #expect(try await site.site.send(.post, "v1/deployments/deployments", body).status == .created)
    }
}
