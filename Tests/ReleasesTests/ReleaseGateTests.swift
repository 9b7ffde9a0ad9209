import CoSignTestSupport
import CoSigning
import Journal
import JournalTestSupport
import Releases
import Store
import Synchronization
import Testing

/// Which files device types may get.
@Suite struct ReleaseGateTests {
    private func allows(
        _ rig: ReleasesRig, _ digest: String, size: Int64 = 100, type: String = "rpi4"
    ) async throws -> Bool {
        try await rig.base.store.read { [releases = rig.releases] db in
            try releases.allows(sha256: digest, size: size, type: type, in: db)
        }
    }

    @Test func file_NeedsAReleaseOfItsDigest_ItsSize_AndTheType() async throws {
        let rig = try await ReleasesRig { $0.deviceTypes = ["rpi4", "rpi5"] }
        let digest = Publisher.digest(1)
        #expect(try await allows(rig, digest) == false)
        #expect(try await allows(rig, digest, type: "of nobody"))
        try await rig.publish(1)
        #expect(try await allows(rig, digest))
        #expect(try await allows(rig, digest, size: 99) == false)
        #expect(try await allows(rig, digest, type: "rpi5") == false)
        #expect(try await allows(rig, Publisher.digest(2)) == false)
        #expect(try await allows(ReleasesRig(reopening: rig), digest))
    }

    @Test func releaseThatWaits_OrIsWithdrawn_OrWhoseKeyIsSuspended_CoversNothing() async throws {
        let rig = try await ReleasesRig { $0.approval = .manual }
        let release = try await rig.publish(1)
        #expect(try await allows(rig, release.sha256) == false)
        _ = try await rig.releases.setState(.approved, of: release.id, by: .hub)
        #expect(try await allows(rig, release.sha256))
        try await rig.setState(.suspended, of: rig.publisher.project)
        #expect(try await allows(rig, release.sha256) == false)
        try await rig.setState(.active, of: rig.publisher.project)
        #expect(try await allows(rig, release.sha256))
        _ = try await rig.releases.setState(.withdrawn, of: release.id, by: .hub)
        #expect(try await allows(rig, release.sha256) == false)
    }

    @Test func projectThatAsksForNoRelease_HasNoGate_UntilItDoes() async throws {
        let rig = try await ReleasesRig { $0.requiresRelease = false }
        #expect(try await allows(rig, Publisher.digest(1)))
        var change = ProjectChange()
        change.requiresRelease = true
        _ = try await rig.releases.changeProject(rig.projectID, change, by: .hub)
        #expect(try await allows(rig, Publisher.digest(1)) == false)
    }

    @Test func releaseOfAnotherProject_CoversNothing() async throws {
        let rig = try await ReleasesRig()
        let other = try Publisher("other")
        _ = try await rig.releases.createProject(
            NewProject(id: "other", projectKeys: [other.project.verification]), by: .hub)
        _ = try await rig.releases.publish(
            Publisher.signed(other.release(1, at: rig.now), by: [other.project]), project: "other", by: .hub)
        #expect(try await allows(rig, Publisher.digest(1)) == false)
    }

    @Test func whatHangsOnTheGate_IsLookedAtWithEveryChange_InItsTransaction() async throws {
        let rig = try await ReleasesRig()
        let count = Counter()
        rig.releases.gateWork.add { _ in count.add() }
        let release = try await rig.publish(1)
        #expect(count.value == 1)
        try await rig.setState(.suspended, of: rig.publisher.project)
        try await rig.setState(.active, of: rig.publisher.project)
        #expect(count.value == 3)
        _ = try await rig.releases.setState(.withdrawn, of: release.id, by: .hub)
        var change = ProjectChange()
        change.deviceTypes = []
        _ = try await rig.releases.changeProject(rig.projectID, change, by: .hub)
        #expect(count.value == 5)
        // What fails there takes the change back.
        rig.releases.gateWork.add { _ in throw ReleasesRig.TokenGone() }
        await #expect(throws: ReleasesRig.TokenGone.self) { try await rig.publish(2) }
        #expect(try await rig.releases.releases(project: nil, stream: nil).map(\.sequence) == [1])
    }

    private final class Counter: Sendable {
        private let count = Mutex(0)
        var value: Int { count.withLock { $0 } }

        func add() { count.withLock { $0 += 1 } }
    }
}
