package import Artifact
package import Issuing
package import IssuingTestSupport
package import JournalTestSupport
internal import RecordTestSupport
package import Rooms
package import Updates

/// Artifacts and deployments over records and an issuer of their own, in a temporary folder.
package struct UpdatesRig: HoldsIssuer {
    /// What a test may have otherwise than a hub has by default.
    package struct Options: Sendable {
        package var limits = RoomLimits()
        package var updates = UpdatesLimits()
    }

    package let issuing: IssuingRig
    package let updates: Updates
    package let artifacts: Artifacts
    package var issuer: Issuer { issuing.issuer }
    package var rooms: Rooms { issuing.rooms }
    package var clock: ManualClock { issuing.clock }
    package var folder: TemporaryFolder { issuing.folder }
    /// Where artifacts and uploads are.
    package var artifactFolder: String { folder.path + "/artifacts" }

    /// Makes or opens what a folder holds.
    ///
    /// - Parameter folder: of an earlier rig, for what a restart leaves; `nil` makes a fresh one.
    package init(
        folder: TemporaryFolder? = nil, clock: ManualClock? = nil, change: (inout Options) -> Void = { _ in }
    ) async throws {
        var options = Options()
        change(&options)
        issuing = try await IssuingRig(folder: folder, clock: clock, migrations: [Updates.addMigrations]) {
            $0.limits = options.limits
        }
        let rooms = issuing.rooms
        artifacts = try Artifacts(
            journal: rooms.journal, folder: issuing.folder.path + "/artifacts", limits: options.updates)
        updates = Updates(
            journal: rooms.journal, devices: rooms.devices, identities: rooms.identities, inventory: rooms.inventory,
            configurations: rooms.configurations, artifacts: artifacts, releases: rooms.releases)
    }

    /// The bytes of an artifact; equal for equal arguments.
    package static func artifact(
        _ name: String, types: [String] = ["qemu"], size: Int = 100, change: (inout ArtifactRecipe) -> Void = { _ in }
    ) throws -> [UInt8] {
        var recipe = ArtifactRecipe.module(
            "test", name: name, deviceTypes: types,
            files: [.init(name: "payload", content: .bytes([UInt8](repeating: 7, count: size)))])
        recipe.compression = .none
        change(&recipe)
        return try ArtifactWriter.bytes(recipe)
    }
}
