import CoSignTestSupport
import CoSigning
import Journal
import JournalTestSupport
import RecordTestSupport
import Releases
import Rooms
import Store
import Testing

@testable import Updates
internal import UpdatesTestSupport

/// Device types of a project get only what a release covers; nobody who speaks an update protocol notices but by that.
@Suite struct ReleaseGateTests {
    /// A rig with a publisher and an artifact for `qemu` that no release covers yet.
    private struct Site {
        let rig: UpdatesRig
        let publisher: Publisher
        let artifact: StoredArtifact
        let device: String

        init() async throws {
            rig = try await UpdatesRig.make()
            publisher = try Publisher()
            artifact = try await rig.upload(try UpdatesRig.artifact("rel-1"))
            device = try await rig.device("lamp")
        }

        private init(_ former: Site, _ rig: UpdatesRig) {
            (self.rig, publisher, artifact, device) = (rig, former.publisher, former.artifact, former.device)
        }

        /// The same after a restart.
        func reopened() async throws -> Site {
            Site(self, try await UpdatesRig.make(folder: rig.folder, clock: rig.clock))
        }

        var releases: Releases { rig.rooms.releases }

        /// A project claims device types.
        func claim(_ types: [String] = ["qemu"]) async throws {
            var new = NewProject(id: publisher.projectID, projectKeys: [try publisher.project.verification])
            new.deviceTypes = types
            _ = try await releases.createProject(new, by: .hub)
        }

        /// A release covers the artifact, or one of another size.
        @discardableResult
        func release(_ sequence: Int64 = 1, size: Int64? = nil, types: [String] = ["qemu"]) async throws -> String {
            let now = rig.clock.now
            let file = Publisher.artifact(sha256: artifact.sha256, size: size ?? artifact.size)
            let claims = publisher.release(sequence, at: now, types: types, [("artifact", file)])
            return try await releases.publish(
                Publisher.signed(claims, by: [publisher.project]), project: publisher.projectID, by: .hub
            ).release.id
        }

        func setState(_ state: KeyState) async throws {
            try await releases.setState(
                state, ofKey: publisher.project.kid.text, project: publisher.projectID, by: .hub)
        }

        func pauseReason(_ deployment: Deployment) async throws -> String? {
            try await rig.now(deployment).pauseReason
        }

        func alarms() async throws -> [String] {
            try await rig.rooms.journal.store.read { [journal = rig.rooms.journal] db in
                try journal.alarmSubjects(.releaseMissing, in: db)
            }
        }

        func link() -> DownloadLink { rig.updates.link(to: artifact.id, for: device, key: "k", seconds: 600) }
    }

    @Test func deployment_NeedsAReleaseForEveryArtifact() async throws {
        let site = try await Site()
        try await site.claim(["qemu", "other"])
        let missing = UpdatesError.releaseMissing(artifact: site.artifact.id, type: "qemu")
        await #expect(throws: missing) { try await site.rig.deploy("rel-1", to: [site.device]) }
        try await site.release(size: site.artifact.size + 1)
        await #expect(throws: missing) { try await site.rig.deploy("rel-1", to: [site.device]) }
        try await site.release(2)
        let deployment = try await site.rig.deploy("rel-1", to: [site.device])
        #expect(try await site.rig.next(site.device) == deployment.id)
        // One of the same name for another type of the project is another file.
        try await site.rig.upload(try UpdatesRig.artifact("rel-1", types: ["other"], size: 200))
        await #expect(throws: UpdatesError.self) {
            try await site.rig.deploy("rel-1", to: [site.device], name: "second")
        }
    }

    @Test func typesOfNoProject_AreUnaffected() async throws {
        let site = try await Site()
        try await site.claim(["rpi4"])
        let deployment = try await site.rig.deploy("rel-1", to: [site.device])
        #expect(try await site.rig.next(site.device) == deployment.id)
        try await site.setState(.suspended)
        #expect(try await site.pauseReason(deployment) == nil)
        #expect(try await site.alarms() == [])
    }

    @Test func projectThatClaimsAType_PausesWhatIsOpen_UntilAReleaseCoversIt() async throws {
        var site = try await Site()
        let deployment = try await site.rig.deploy("rel-1", to: [site.device])
        try await site.claim()
        for _ in 0..<2 {
            #expect(try await site.pauseReason(deployment) == "releaseMissing")
            #expect(try await site.alarms() == [deployment.id])
            #expect(try await site.rig.next(site.device) == nil)
            await #expect(throws: UpdatesError.self) { try await site.rig.updates.resume(deployment.id, by: .hub) }
            site = try await site.reopened()
        }
        try await site.release()
        #expect(try await site.pauseReason(deployment) == nil)
        #expect(try await site.alarms() == [])
        #expect(try await site.rig.next(site.device) == deployment.id)
    }

    @Test func deploymentUnderWay_IsHeld_WhenItsReleaseIsWithdrawn_OrItsKeySuspended() async throws {
        let site = try await Site()
        try await site.claim()
        let release = try await site.release()
        let other = try await site.rig.device("stove")
        let deployment = try await site.rig.deploy("rel-1", to: [site.device, other])
        #expect(try await site.rig.next(site.device) == deployment.id)
        try await site.setState(.suspended)
        #expect(try await site.pauseReason(deployment) == "releaseMissing")
        // Neither who had it already nor who comes now.
        #expect(try await site.rig.next(site.device) == nil)
        #expect(try await site.rig.next(other) == nil)
        try await site.setState(.active)
        #expect(try await site.rig.next(site.device) == deployment.id)
        _ = try await site.releases.setState(.withdrawn, of: release, by: .hub)
        #expect(try await site.rig.next(site.device) == nil)
        #expect(try await site.rig.next(other) == nil)
        let reopened = try await site.reopened()
        #expect(try await reopened.rig.next(other) == nil)
        try await reopened.release(2)
        #expect(try await reopened.rig.next(other) == deployment.id)
        let actions = try await reopened.rig.rooms.journal.auditEvents(
            before: nil, subject: deployment.id, limit: 100
        ).map(\.action).reversed()
        #expect(
            actions.filter { $0.hasPrefix("deployment.p") || $0.hasPrefix("deployment.r") } == [
                "deployment.pause", "deployment.resume", "deployment.pause", "deployment.resume",
            ])
    }

    @Test func operatorsPause_OutlastsTheRelease_AndDoesNotOpenTheGate() async throws {
        let site = try await Site()
        let deployment = try await site.rig.deploy("rel-1", to: [site.device])
        try await site.rig.updates.pause(deployment.id, by: .hub)
        try await site.claim()
        #expect(try await site.pauseReason(deployment) == "operator")
        await #expect(throws: UpdatesError.releaseMissing(artifact: "rel-1", type: nil)) {
            try await site.rig.updates.resume(deployment.id, by: .hub)
        }
        #expect(try await site.rig.next(site.device) == nil)
        #expect(try await site.pauseReason(deployment) == "operator")
        try await site.release()
        #expect(try await site.pauseReason(deployment) == "operator")
        try await site.rig.updates.resume(deployment.id, by: .hub)
        #expect(try await site.rig.next(site.device) == deployment.id)
    }

    @Test func whatADeviceReportsOfARelease_CountsInItsDeploymentOnce() async throws {
        let site = try await Site()
        try await site.claim()
        try await site.release()
        let other = try await site.rig.device("stove")
        let foreign = try await site.rig.device("radio")
        let deployment = try await site.rig.deploy("rel-1", to: [site.device, other])
        func report(_ device: String, hasFailed: Bool, _ id: String? = nil) async throws -> Deployment {
            try await site.rig.updates.noteRelease(id ?? deployment.id, device, hasFailed: hasFailed, by: .hub)
            return try await site.rig.now(deployment)
        }
        // A device outside the deployment, or another number, changes nothing.
        for id in [deployment.id, "6f1c6ba0-0000-4000-8000-000000000009"] {
            #expect(try await report(foreign, hasFailed: true, id).counts == .init())
        }
        var now = try await report(site.device, hasFailed: true)
        #expect(now.counts.begun == 1 && now.counts.finished == 1 && now.counts.failed == 1)
        now = try await report(site.device, hasFailed: false)
        #expect(now.counts.finished == 1 && now.counts.failed == 1 && now.state == .inProgress)
        now = try await report(other, hasFailed: false)
        #expect(now.counts.finished == 2 && now.counts.failed == 1 && now.state == .finished)
    }

    @Test func endedDeployment_HasNoAlarmLeft() async throws {
        let site = try await Site()
        let deployment = try await site.rig.deploy("rel-1", to: [site.device])
        try await site.claim()
        #expect(try await site.alarms() == [deployment.id])
        try await site.rig.updates.abort(deployment.id, by: .hub)
        #expect(try await site.alarms() == [])
    }

    @Test func projectWithoutRequireRelease_LetsEverythingThrough() async throws {
        let site = try await Site()
        try await site.claim()
        var change = ProjectChange()
        change.requiresRelease = false
        _ = try await site.releases.changeProject(site.publisher.projectID, change, by: .hub)
        let deployment = try await site.rig.deploy("rel-1", to: [site.device])
        change.requiresRelease = true
        _ = try await site.releases.changeProject(site.publisher.projectID, change, by: .hub)
        #expect(try await site.pauseReason(deployment) == "releaseMissing")
    }
}
