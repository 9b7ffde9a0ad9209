import CoSignTestSupport
import CoSigning
import Journal
import PKI
import Releases
import Testing

/// Projects as operators make and change them.
@Suite struct ProjectTests {
    private func create(
        _ rig: ReleasesRig, _ id: String = "other", _ change: (inout NewProject) throws -> Void = { _ in }
    ) async throws -> ProjectSnapshot {
        var new = NewProject(id: id, projectKeys: [try Publisher.key("key of \(id)").verification])
        try change(&new)
        return try await rig.releases.createProject(new, by: .hub)
    }

    @Test func newProject_HasTheDefaultsOfTheProtocol() async throws {
        let rig = try await ReleasesRig()
        let project = try await create(rig)
        let record = project.record
        #expect(record.lifetime == 900 && record.approval == .auto && record.trustVersion == 1)
        #expect(record.requiresRelease && !record.requiresProjectSignature && !record.isSuspended)
        #expect(record.coSignerKID == "project/other" && project.coSigner != nil)
        #expect(project.keys(.cosigner).map(\.kid.text) == ["project/other"])
        await #expect(throws: ReleasesError.projectExists("other")) { try await create(rig) }
    }

    @Test func deviceType_BelongsToOneProject() async throws {
        let rig = try await ReleasesRig()
        let taken = ReleasesError.deviceTypeTaken("rpi4", project: rig.projectID)
        await #expect(throws: taken) { try await create(rig) { $0.deviceTypes = ["rpi3", "rpi4"] } }
        _ = try await create(rig) { $0.deviceTypes = ["rpi3"] }
        var change = ProjectChange()
        change.deviceTypes = ["rpi4"]
        await #expect(throws: taken) { try await rig.releases.changeProject("other", change, by: .hub) }
        #expect(try await rig.releases.project("other").record.deviceTypes == ["rpi3"])
        // Once the first one gives it up, it is free.
        change.deviceTypes = ["rpi5"]
        _ = try await rig.releases.changeProject(rig.projectID, change, by: .hub)
        change.deviceTypes = ["rpi4"]
        #expect(try await rig.releases.changeProject("other", change, by: .hub).record.deviceTypes == ["rpi4"])
    }

    @Test func deviceTypeNamedTwice_CountsOnce() async throws {
        let rig = try await ReleasesRig()
        #expect(try await create(rig) { $0.deviceTypes = ["a", "b", "a"] }.record.deviceTypes == ["a", "b"])
        var change = ProjectChange()
        change.deviceTypes = ["c", "c"]
        #expect(try await rig.releases.changeProject("other", change, by: .hub).record.deviceTypes == ["c"])
    }

    @Test(arguments: ["", "a/b", "a b", "ü", String(repeating: "x", count: 101)])
    func idThatNoPathHolds_IsRefused(id: String) async throws {
        let rig = try await ReleasesRig()
        await #expect(throws: ReleasesError.self) { try await create(rig, id) }
        #expect(try await rig.releases.snapshot(id) == nil)
    }

    @Test(
        arguments: [
            { $0.lifetime = 0 }, { $0.lifetime = 86_401 }, { $0.lifetime = -1 }, { $0.deviceTypes = [""] },
            { $0.deviceTypes = [String(repeating: "x", count: 129)] },
            { $0.deviceTypes = (0..<65).map { "t\($0)" } }, { $0.projectKeys = [] },
            { $0.projectKeys += $0.projectKeys },
            { $0.recoveryKeys = $0.projectKeys }, { $0.coSignerKID = $0.projectKeys[0].kid },
            { $0.coSignerKey = .pem("-----BEGIN PRIVATE KEY-----\nnone\n-----END PRIVATE KEY-----\n") },
            { $0.coSignerKey = .token("pkcs11:token=gone") },
        ] as [@Sendable (inout NewProject) -> Void])
    func valueThatIsNotAcceptable_IsNamed_AndNothingIsMade(
        change: @Sendable (inout NewProject) -> Void
    ) async throws {
        let rig = try await ReleasesRig()
        await #expect(throws: ReleasesError.self) { try await create(rig) { change(&$0) } }
        #expect(try await rig.releases.projects().map(\.record.id) == [rig.projectID])
    }

    @Test func oneKeyUnderTwoNames_IsRefused() async throws {
        let rig = try await ReleasesRig()
        let again = try #require(
            KeyID("other name").flatMap { VerificationKey(kid: $0, key: rig.publisher.project.key.publicKey) })
        for role in [KeyRecord.Role.server, .admin] {
            await #expect(throws: ReleasesError.self) {
                try await rig.releases.addKey(again, role: role, project: rig.projectID, by: .hub)
            }
        }
        let name = rig.publisher.server.kid.text
        await #expect(throws: ReleasesError.keyExists(name)) {
            try await rig.releases.addKey(
                Publisher.key(name).verification, role: .server, project: rig.projectID, by: .hub)
        }
        // The name of a revoked key stays taken.
        try await rig.setState(.revoked, of: rig.publisher.server)
        await #expect(throws: ReleasesError.keyExists(name)) {
            try await rig.releases.addKey(
                Publisher.key(name).verification, role: .server, project: rig.projectID, by: .hub)
        }
        await #expect(throws: ReleasesError.unknownKey("nobody")) {
            try await rig.releases.setState(.revoked, ofKey: "nobody", project: rig.projectID, by: .hub)
        }
        await #expect(throws: ReleasesError.unknownProject("nothing")) {
            try await rig.releases.addKey(Publisher.key("s").verification, role: .server, project: "nothing", by: .hub)
        }
    }

    @Test(arguments: [KeyRecord.Role.project, .recovery, .cosigner])
    func keysOfDevicesTrust_AreChangedByKeySetsOnly(role: KeyRecord.Role) async throws {
        let rig = try await ReleasesRig()
        await #expect(throws: ReleasesError.self) {
            try await rig.releases.addKey(
                Publisher.key("new").verification, role: role, project: rig.projectID, by: .hub)
        }
    }

    @Test func keysBeyondTheLimit_AreRefused() async throws {
        let rig = try await ReleasesRig()
        let count = try await rig.releases.project(rig.projectID).keys.count
        for number in count..<256 {
            try await rig.releases.addKey(
                Publisher.key("s\(number)").verification, role: .server, project: rig.projectID, by: .hub)
        }
        await #expect(throws: ReleasesError.full("keys")) {
            try await rig.releases.addKey(
                Publisher.key("more").verification, role: .server, project: rig.projectID, by: .hub)
        }
    }
}
