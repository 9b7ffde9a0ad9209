import Devices
internal import Journal
internal import JournalTestSupport
internal import RecordTestSupport
internal import Rooms
internal import Store
import Testing
import Wire

@testable import Updates
internal import UpdatesTestSupport

/// Archives beside the firmware (docs/protocols/device-link.md 10): which files are taken, which device gets which, and
/// that none is deployed.
@Suite struct ArchiveTests {
    /// What a device says for which the samples are made.
    private static let sim = RunningFirmware(
        uuid: FirmwareSamples.uuid, product: "widget", version: "0.1.0", platform: "sim", architecture: "x86_64")

    /// A hub with two archives, of which none is offered yet.
    private static func site() async throws -> (rig: UpdatesRig, first: StoredArtifact, second: StoredArtifact) {
        let rig = try await UpdatesRig.make()
        try await rig.trust(for: .archive)
        let first = try await rig.bring(FirmwareSamples.bytes("signed-a.fw"), isArchive: true)
        let second = try await rig.bring(FirmwareSamples.bytes("all-metadata.fw"), isArchive: true)
        return (rig, first, second)
    }

    @Test(
        arguments: [
            ("signed-a.fw", [], .archiveKeyMissing), ("unsigned.fw", [FirmwareSamples.keyA], .archiveNotSigned),
            ("unsigned.fw", [], .archiveNotSigned), ("signed-a.fw", [FirmwareSamples.keyB], .archiveNotSigned),
            ("flip-crc.fw", [FirmwareSamples.keyA], .badArtifact("data/image is damaged")),
            ("not-zip.fw", [FirmwareSamples.keyA], .badArtifact("an archive is a .fw file of fwup")),
        ] as [(String, [String], UpdatesError)])
    func archive_MustBeSignedByAKeyForArchives(file: String, keys: [String], error: UpdatesError) async throws {
        let rig = try await UpdatesRig.make { $0.updates.takesUnsignedFirmware = true }
        try await rig.trust(name: "firmware")
        for (number, key) in keys.enumerated() { try await rig.trust(key, name: "\(number)", for: .archive) }
        await #expect(throws: error) { try await rig.bring(FirmwareSamples.bytes(file), isArchive: true) }
        #expect(try await rig.artifacts.all().isEmpty && rig.files().isEmpty)
    }

    @Test func sameFile_IsEitherArchiveOrFirmware() async throws {
        let (rig, first, _) = try await Self.site()
        try await rig.trust(name: "firmware")
        let bytes = try FirmwareSamples.bytes("signed-a.fw")
        #expect(try await rig.bring(bytes, isArchive: true) == first)
        await #expect(throws: UpdatesError.firmwareExists(uuid: FirmwareSamples.uuid, artifact: first.id)) {
            try await rig.bring(bytes)
        }
        let other = try await rig.bring(FirmwareSamples.bytes("several-resources.fw"))
        await #expect(throws: UpdatesError.notArchive(other.id)) {
            try await rig.updates.addArchive(other.id, for: .allDevices, by: .hub)
        }
    }

    @Test func newestThatApplies_IsWhatADeviceGets() async throws {
        let (rig, first, second) = try await Self.site()
        let device = try await rig.device("a")
        #expect(try await rig.updates.archive(for: device, Self.sim) == nil)
        _ = try await rig.updates.addArchive(first.id, for: .allDevices, by: .hub)
        #expect(try await rig.updates.archive(for: device, Self.sim) == first)
        _ = try await rig.updates.addArchive(second.id, for: .allDevices, by: .hub)
        #expect(try await rig.updates.archive(for: device, Self.sim) == second)
        // Offered once more it is the newest, and for others.
        let again = try await rig.updates.addArchive(first.id, for: .devices([device]), by: .hub)
        #expect(try await rig.updates.archive(for: device, Self.sim) == first)
        #expect(try await rig.updates.archives().map(\.artifact.id) == [first.id, second.id])
        #expect(try await rig.updates.archives().first == again)
        let reopened = try await UpdatesRig.make(folder: rig.folder)
        #expect(try await reopened.updates.archives() == rig.updates.archives())
        try await rig.updates.removeArchive(first.id, by: .hub)
        #expect(try await rig.updates.archive(for: device, Self.sim) == second)
        await #expect(throws: UpdatesError.unknownArchive(first.id)) {
            try await rig.updates.removeArchive(first.id, by: .hub)
        }
    }

    @Test(
        arguments: [
            (.allDevices, true), (.group("north"), true), (.group("south"), false), (.filter(UpdatesRig.widgets), true),
            (.filter(#"[{"scope":"tags","attribute":"x","type":"$eq","value":"y"}]"#), false),
        ] as [(Archive.Target, Bool)])
    func target_SaysWhichDevices(target: Archive.Target, isMeant: Bool) async throws {
        let (rig, first, _) = try await Self.site()
        let (device, other) = (try await rig.device("a"), try await rig.device("b"))
        try await rig.rooms.inventory.addToGroup("north", [device], by: .hub)
        try await rig.rooms.inventory.addToGroup("south", [other], by: .hub)
        try await rig.updates.joined(device, running: Self.sim, by: .hub)
        _ = try await rig.updates.addArchive(first.id, for: target, by: .hub)
        #expect(try await rig.updates.archive(for: device, Self.sim) == (isMeant ? first : nil))
    }

    @Test(
        arguments: [("sim", "arm"), ("rpi4", "x86_64"), ("SIM", "x86_64"), (nil, "x86_64"), ("sim", nil)]
            as [(String?, String?)])
    func deviceOfAnotherKind_GetsNone(platform: String?, architecture: String?) async throws {
        let (rig, first, _) = try await Self.site()
        let device = try await rig.device("a")
        _ = try await rig.updates.addArchive(first.id, for: .devices([device]), by: .hub)
        var running = Self.sim
        (running.platform, running.architecture) = (platform, architecture)
        #expect(try await rig.updates.archive(for: device, running) == nil)
        #expect(try await rig.updates.archive(for: try await rig.device("b"), Self.sim) == nil)
    }

    @Test(
        arguments: [
            .devices([]), .devices(Array(repeating: "a", count: 1001)), .filter("[]"), .filter("no JSON"),
            .group("nobody"),
        ] as [Archive.Target])
    func targetThatIsNone_IsRefused(_ target: Archive.Target) async throws {
        let (rig, first, _) = try await Self.site()
        await #expect(throws: UpdatesError.self) { try await rig.updates.addArchive(first.id, for: target, by: .hub) }
        await #expect(throws: DevicesError.unknownDevice("nobody")) {
            try await rig.updates.addArchive(first.id, for: .devices(["nobody"]), by: .hub)
        }
        #expect(try await rig.updates.archives().isEmpty)
    }

    @Test func archive_IsNeverDeployed() async throws {
        let (rig, first, _) = try await Self.site()
        let device = try await rig.device("a")
        await #expect(throws: UpdatesError.noArtifact(first.name)) { try await rig.deploy(first.name, to: [device]) }
        for name in [first.id, first.name] {
            await #expect(throws: UpdatesError.noArtifact(first.name)) {
                _ = try await rig.updates.push(name, to: device, by: .hub)
            }
        }
        await #expect(throws: UpdatesError.noArtifact(first.name)) { try await rig.updates.checkRelease(first.name) }
    }

    @Test func offeredArchive_IsNotRemoved() async throws {
        let (rig, first, _) = try await Self.site()
        _ = try await rig.updates.addArchive(first.id, for: .allDevices, by: .hub)
        await #expect(throws: UpdatesError.artifactIsArchive(first.id)) {
            try await rig.artifacts.remove(first.id, by: .hub)
        }
        rig.clock.advance(by: 10)
        let pruned = try await rig.artifacts.prune(
            keep: 0, olderThan: rig.clock.now, isRehearsal: true, by: .hub)
        #expect(!pruned.contains { $0.id == first.id } && !pruned.isEmpty)
        try await rig.updates.removeArchive(first.id, by: .hub)
        try await rig.artifacts.remove(first.id, by: .hub)
        let actions = try await rig.rooms.journal.auditEvents(before: nil, subject: first.id, limit: 100).map(\.action)
        #expect(actions == ["artifact.remove", "archive.remove", "archive.add", "artifact.upload"])
    }

    @Test func change_IsAnnouncedToWhomItConcerns() async throws {
        let (rig, first, _) = try await Self.site()
        let device = try await rig.device("a")
        _ = try await rig.device("b")
        let stream = rig.updates.notices.subscribe()
        _ = try await rig.updates.addArchive(first.id, for: .devices([device]), by: .hub)
        try await rig.updates.removeArchive(first.id, by: .hub)
        var next = stream.makeAsyncIterator()
        for _ in 0..<2 { #expect(await next.next() == UpdateNotice(kind: .archive, devices: [DeviceID(device)])) }
    }

    @Test func archives_HaveALimit() async throws {
        let (rig, first, second) = try await Self.site()
        _ = try await rig.updates.addArchive(first.id, for: .allDevices, by: .hub)
        // Rows beside: so many files would take their time.
        try await rig.rooms.journal.store.write { db in
            for number in 0..<Archive.limit - 1 {
                var artifact = first
                artifact.id = "extra-\(number)"
                try ArtifactStore.insert(artifact, in: db)
                try ArchiveStore.save(
                    Archive(number: Int64(number + 10), artifact: artifact, target: .allDevices, addedAt: 0), in: db)
            }
        }
        await #expect(throws: UpdatesError.self) {
            try await rig.updates.addArchive(second.id, for: .allDevices, by: .hub)
        }
        _ = try await rig.updates.addArchive(first.id, for: .allDevices, by: .hub)
    }
}
