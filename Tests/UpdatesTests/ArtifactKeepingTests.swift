import Artifact
internal import Encoding
import Files
import Foundation
internal import Journal
internal import JournalTestSupport
import PKI
internal import Rooms
import Store
import Testing

@testable import Updates
internal import UpdatesTestSupport

/// What the hub keeps to install: uploads, files, removal, and what a crash leaves behind.
@Suite struct ArtifactKeepingTests {
    // MARK: - Uploads

    @Test func upload_GrowsInParts_AndIsSeenOnlyWhole() async throws {
        let rig = try await UpdatesRig.make()
        let bytes = try UpdatesRig.artifact("rel-1", size: 5000)
        let upload = try rig.artifacts.beginUpload()
        var offset = 0
        while offset < bytes.count {
            #expect(try upload.offset() == Int64(offset))
            let part = Array(bytes[offset..<min(bytes.count, offset + 1500)])
            try await UpdatesRig.write(part, to: try rig.artifacts.upload(upload.id.uppercased()), at: Int64(offset))
            offset += part.count
            #expect(try await rig.artifacts.all().isEmpty)
        }
        for wrong in [0, Int64(bytes.count) - 1, Int64(bytes.count) + 1] {
            await #expect(throws: UpdatesError.uploadOffset(Int64(bytes.count))) {
                _ = try await upload.append(at: wrong)
            }
        }
        let artifact = try await rig.artifacts.finish(
            upload, description: "text", digest: Hex.encode(SHA256.hash(bytes)).uppercased(), by: .hub)
        #expect(artifact.sha256 == Hex.encode(SHA256.hash(bytes)))
        #expect(artifact.size == Int64(bytes.count))
        #expect(artifact.signature == .unsigned)
        #expect(rig.files() == [artifact.sha256])
        #expect(try await rig.artifacts.storage() == artifact.size)
        #expect(throws: UpdatesError.self) { _ = try rig.artifacts.upload(upload.id) }
        #expect(throws: UpdatesError.self) { _ = try rig.artifacts.upload("../hub.db") }
        #expect(throws: UpdatesError.self) { _ = try rig.artifacts.upload(UniqueID.make()) }
    }

    @Test(arguments: ["empty", "text", "cut", "flipped", "digest", "description", "id", "tail"])
    func refusedUpload_LeavesNothing(_ kind: String) async throws {
        let rig = try await UpdatesRig.make()
        var bytes = try UpdatesRig.artifact("rel-1", size: 5000)
        var (id, description, digest): (String?, String, String?) = (nil, "", nil)
        switch kind {
        case "empty": bytes = []
        case "text": bytes = Array("no archive".utf8)
        case "cut": bytes.removeLast(2000)
        case "flipped": bytes[bytes.count / 2] ^= 1
        case "digest": digest = String(repeating: "0", count: 64)
        case "description": description = String(repeating: "x", count: 4097)
        case "id": id = "nonsense"
        default: bytes += bytes
        }
        let upload = try rig.artifacts.beginUpload()
        try await UpdatesRig.write(bytes, to: upload)
        let (number, text, sum) = (id, description, digest)
        await #expect(throws: UpdatesError.self) {
            try await rig.artifacts.finish(upload, id: number, description: text, digest: sum, by: .hub)
        }
        #expect(rig.files().isEmpty)
        #expect(try await rig.artifacts.all().isEmpty)
    }

    @Test func uploadBeyondItsLimit_IsStopped() async throws {
        let rig = try await UpdatesRig.make { $0.updates.artifactBytes = 10_000 }
        let upload = try rig.artifacts.beginUpload()
        try await UpdatesRig.write([UInt8](repeating: 0, count: 10_000), to: upload)
        await #expect(throws: UpdatesError.tooLarge(UpdatesError.wholeArtifact, limit: 10_000)) {
            try await UpdatesRig.write([0], to: upload, at: 10_000)
        }
        #expect(try upload.offset() == 10_000)
    }

    @Test func fullStorage_TakesNoMore() async throws {
        let first = try UpdatesRig.artifact("rel-1", size: 5000)
        let rig = try await UpdatesRig.make { $0.updates.storageBytes = Int64(first.count) + 100 }
        try await rig.upload(first)
        await #expect(throws: UpdatesError.storageFull) { try await rig.upload(try UpdatesRig.artifact("rel-2")) }
        #expect(rig.files().count == 1)
    }

    @Test func uploadsThatWait_TakeRoomToo_UntilTheyGo() async throws {
        let folder = try TemporaryFolder()
        let bytes = try UpdatesRig.artifact("rel-1")
        let part = [UInt8](repeating: 1, count: 6000)
        let room = Int64(bytes.count) + 7000
        let rig = try await UpdatesRig.make(folder: folder) { $0.updates.storageBytes = room }
        let waiting = try rig.artifacts.beginUpload()
        try await UpdatesRig.write(part, to: waiting)
        #expect(try await rig.artifacts.storage() == 6000)
        let other = try rig.artifacts.beginUpload()
        try await UpdatesRig.write(part, to: other)
        await #expect(throws: UpdatesError.storageFull) { try await UpdatesRig.write(part, to: other, at: 6000) }
        #expect(try other.offset() == 6000)
        await #expect(throws: UpdatesError.storageFull) { try await rig.upload(bytes) }
        rig.artifacts.abandon(other)
        try await rig.upload(bytes)
        #expect(try await rig.artifacts.storage() == Int64(bytes.count) + 6000)
        await #expect(throws: UpdatesError.storageFull) { try await UpdatesRig.write(part, to: waiting, at: 6000) }
        // What is kept takes its room once; a removed artifact gives it back.
        let kept = try #require(try await rig.artifacts.all().first)
        try await rig.artifacts.remove(kept.id, by: .hub)
        try await UpdatesRig.write(part, to: waiting, at: 6000)
    }

    @Test func uploadsOfARunBefore_TakeRoomUntilTheyAreSwept() async throws {
        let folder = try TemporaryFolder()
        let part = [UInt8](repeating: 1, count: 4000)
        let clock = ManualClock(at: Int64(Date().timeIntervalSince1970))
        do {
            let rig = try await UpdatesRig.make(folder: folder, clock: clock)
            try await UpdatesRig.write(part, to: try rig.artifacts.beginUpload())
        }
        let rig = try await UpdatesRig.make(folder: folder, clock: clock) { $0.updates.storageBytes = 5000 }
        #expect(try await rig.artifacts.storage() == 4000)
        let upload = try rig.artifacts.beginUpload()
        await #expect(throws: UpdatesError.storageFull) { try await UpdatesRig.write(part, to: upload) }
        clock.advance(by: 86_400 + 60)
        try await rig.artifacts.sweep()
        #expect(try await rig.artifacts.storage() == 0)
    }

    @Test func sameReleaseForTheSameDevices_IsRefused_OthersShareTheName() async throws {
        let rig = try await UpdatesRig.make()
        let bytes = try UpdatesRig.artifact("rel-1")
        let first = try await rig.upload(bytes)
        let conflict = UpdatesError.artifactExists(ArtifactConflict(first))
        await #expect(throws: conflict) { try await rig.upload(bytes) }
        await #expect(throws: conflict) {
            try await rig.upload(try UpdatesRig.artifact("rel-1", types: ["rpi", "qemu"], size: 7))
        }
        try await rig.upload(try UpdatesRig.artifact("rel-1", types: ["rpi"]))
        try await rig.upload(try UpdatesRig.artifact("rel-1") { $0.depends["base"] = .value("1") })
        #expect(rig.files().count == 3)
        let upload = try rig.artifacts.beginUpload()
        try await UpdatesRig.write(try UpdatesRig.artifact("rel-2"), to: upload)
        await #expect(throws: UpdatesError.self) {
            try await rig.artifacts.finish(upload, id: first.id, description: "", by: .hub)
        }
        #expect(rig.files().count == 3)
    }

    @Test func signature_IsVerified_AndWantedByPolicy() async throws {
        let publisher = try PrivateKey.makeP256()
        let key = publisher.publicKey
        let rig = try await UpdatesRig.make {
            $0.updates.publishers = [key]
            $0.updates.wantsSignature = true
        }
        var recipe = ArtifactRecipe.module(
            "test", name: "rel-1", deviceTypes: ["qemu"], files: [.init(name: "a", content: .bytes([1]))])
        let good = try await rig.upload(try ArtifactWriter.bytes(recipe, signer: publisher))
        #expect(good.signature == .verified)
        recipe.name = "rel-2"
        let (foreign, unsigned) = (
            try ArtifactWriter.bytes(recipe, signer: try PrivateKey.makeP256()), try ArtifactWriter.bytes(recipe)
        )
        await #expect(throws: UpdatesError.notSigned) { try await rig.upload(foreign) }
        await #expect(throws: UpdatesError.notSigned) { try await rig.upload(unsigned) }
        #expect(rig.files() == [good.sha256])
    }

    // MARK: - Removal

    @Test func artifact_IsKeptWhileADeploymentNeedsIt() async throws {
        let rig = try await UpdatesRig.make()
        let devices = try await rig.devices(1)
        let artifact = try await rig.upload(try UpdatesRig.artifact("rel-1"))
        try await rig.artifacts.describe(artifact.id, as: "before", by: .hub)
        let deployment = try await rig.deploy("rel-1", to: devices)
        await #expect(throws: UpdatesError.artifactInUse(artifact.id, deployments: [deployment.id])) {
            try await rig.artifacts.remove(artifact.id, by: .hub)
        }
        await #expect(throws: UpdatesError.artifactInUse(artifact.id, deployments: [deployment.id])) {
            try await rig.artifacts.removeReleases(["rel-1"], by: .hub)
        }
        await #expect(throws: UpdatesError.artifactInUse(artifact.id, deployments: [deployment.id])) {
            try await rig.artifacts.describe(artifact.id, as: "after", by: .hub)
        }
        #expect(
            try await rig.artifacts.prune(keep: 0, olderThan: Int64.max, isRehearsal: false, by: .hub).isEmpty)
        try await rig.updates.abort(deployment.id, by: .hub)
        try await rig.artifacts.remove(artifact.id, by: .hub)
        #expect(rig.files().isEmpty)
        await #expect(throws: UpdatesError.unknownArtifact(artifact.id)) {
            try await rig.artifacts.remove(artifact.id, by: .hub)
        }
        // The same file may come again.
        try await rig.upload(try UpdatesRig.artifact("rel-1"))
        #expect(rig.files() == [artifact.sha256])
    }

    @Test func fileThatAnotherArtifactNames_Stays() async throws {
        let rig = try await UpdatesRig.make()
        let artifact = try await rig.upload(try UpdatesRig.artifact("rel-1"))
        var twin = artifact
        twin.id = UniqueID.make()
        let second = twin
        try await rig.rooms.journal.store.write { db in try ArtifactStore.insert(second, in: db) }
        #expect(try await rig.artifacts.storage() == artifact.size)
        try await rig.artifacts.remove(artifact.id, by: .hub)
        #expect(rig.files() == [artifact.sha256])
        try await rig.artifacts.remove(second.id, by: .hub)
        #expect(rig.files().isEmpty)
    }

    @Test func releases_GoAllOrNone() async throws {
        let rig = try await UpdatesRig.make()
        let devices = try await rig.devices(1)
        for name in ["a", "b"] { try await rig.upload(try UpdatesRig.artifact(name)) }
        let deployment = try await rig.deploy("b", to: devices)
        await #expect(throws: UpdatesError.self) { try await rig.artifacts.removeReleases(["a", "b"], by: .hub) }
        #expect(rig.files().count == 2)
        try await rig.updates.abort(deployment.id, by: .hub)
        try await rig.artifacts.removeReleases(["a", "b", "unknown"], by: .hub)
        #expect(rig.files().isEmpty)
    }

    @Test func prune_KeepsTheNewestOfEachKind() async throws {
        let rig = try await UpdatesRig.make()
        for number in 1...4 {
            try await rig.upload(try UpdatesRig.artifact("rel-\(number)"))
            rig.clock.advance(by: 100)
        }
        try await rig.upload(try UpdatesRig.artifact("rpi-1", types: ["rpi"]))
        let rehearsed = try await rig.artifacts.prune(
            keep: 1, olderThan: rig.clock.now - 150, isRehearsal: true, by: .hub)
        #expect(Set(rehearsed.map(\.name)) == ["rel-1", "rel-2", "rel-3"])
        #expect(rig.files().count == 5)
        let removed = try await rig.artifacts.prune(keep: 2, olderThan: Int64.max, isRehearsal: false, by: .hub)
        #expect(Set(removed.map(\.name)) == ["rel-1", "rel-2"])
        #expect(Set(try await rig.artifacts.all().map(\.name)) == ["rel-3", "rel-4", "rpi-1"])
        #expect(rig.files().count == 3)
    }

    // MARK: - Crashes

    @Test func uploadCutByACrash_GoesOnAfterIt() async throws {
        let folder = try TemporaryFolder()
        let bytes = try UpdatesRig.artifact("rel-1", size: 5000)
        var id = ""
        do {
            let rig = try await UpdatesRig.make(folder: folder)
            let upload = try rig.artifacts.beginUpload()
            id = upload.id
            try await UpdatesRig.write(Array(bytes.prefix(3000)), to: upload)
        }
        let rig = try await UpdatesRig.make(folder: folder)
        #expect(try await rig.artifacts.all().isEmpty)
        let upload = try rig.artifacts.upload(id)
        #expect(try upload.offset() == 3000)
        try await UpdatesRig.write(Array(bytes.dropFirst(3000)), to: upload, at: 3000)
        let artifact = try await rig.artifacts.finish(upload, description: "", by: .hub)
        #expect(rig.files() == [artifact.sha256])
    }

    /// The file has its place, the record was never written; and the other way round: the record went, the file did
    /// not.
    @Test func fileWithoutRecord_IsSeenByNobody_AndGoesAfterADay() async throws {
        let clock = ManualClock.now()
        let rig = try await UpdatesRig.make(clock: clock)
        let kept = try await rig.upload(try UpdatesRig.artifact("rel-1"))
        let orphan = try UpdatesRig.artifact("rel-2")
        let name = Hex.encode(SHA256.hash(orphan))
        let folder = rig.artifactFolder + "/"
        try SecureFile.write(orphan, to: folder + name, mode: 0o600)
        try SecureFile.write([1, 2, 3], to: folder + "note.txt", mode: 0o600)
        let upload = try rig.artifacts.beginUpload()
        try await rig.artifacts.sweep()
        #expect(rig.files().count == 4)
        #expect(try await rig.artifacts.all() == [kept])
        // An upload of the same bytes takes the place over.
        // Files have the system's time, which goes on while this runs.
        clock.advance(by: 100_000)
        try await rig.artifacts.sweep()
        #expect(Set(rig.files()) == [kept.sha256, "note.txt"])
        #expect(throws: UpdatesError.unknownUpload(upload.id)) { _ = try upload.offset() }
        let second = try await rig.upload(orphan)
        #expect(second.sha256 == name)
        try await rig.artifacts.sweep()
        #expect(rig.files().contains(name))
    }

    // MARK: - Made from a file

    @Test func generatedArtifact_HoldsTheFile() async throws {
        let rig = try await UpdatesRig.make()
        let file = try rig.artifacts.beginUpload()
        try await UpdatesRig.write(Array("hello\n".utf8), to: file)
        let single = SingleFileArtifact(
            name: "rel-1", deviceTypes: ["qemu"], folder: "/etc", file: "motd", fileSystem: "rootfs-image",
            software: nil)
        let artifact = try await rig.artifacts.generate(single, from: file, description: "text", by: .hub)
        #expect(artifact.payloadType == "single-file")
        #expect(artifact.files.map(\.name).contains("motd"))
        #expect(artifact.provides["rootfs-image.single-file.version"] == "rel-1")
        #expect(rig.files() == [artifact.sha256])
    }

    @Test(arguments: ["a/b", "..", ".", "", "dest_dir"])
    func generatedArtifact_WithABadFileName_LeavesNothing(_ name: String) async throws {
        let rig = try await UpdatesRig.make()
        let file = try rig.artifacts.beginUpload()
        try await UpdatesRig.write([1], to: file)
        let single = SingleFileArtifact(
            name: "rel-1", deviceTypes: ["qemu"], folder: "/etc", file: name, fileSystem: "rootfs-image", software: nil)
        await #expect(throws: UpdatesError.self) {
            try await rig.artifacts.generate(single, from: file, description: "", by: .hub)
        }
        #expect(rig.files().isEmpty)
    }

    // MARK: - Notes

    @Test func notesAndTags_HaveLimits_AndGoWithTheRelease() async throws {
        let rig = try await UpdatesRig.make()
        for number in 0..<6 { try await rig.upload(try UpdatesRig.artifact("rel-\(number)")) }
        func annotate(_ name: String, notes: String? = nil, tags: [String]? = nil) async throws {
            try await rig.artifacts.annotate(name, notes: notes, tags: tags, by: .hub)
        }
        await #expect(throws: UpdatesError.noArtifact("unknown")) { try await annotate("unknown", notes: "x") }
        await #expect(throws: UpdatesError.self) {
            try await annotate("rel-0", notes: String(repeating: "x", count: 1025))
        }
        for bad in [[""], ["a", "a"], (0...20).map(String.init), [String(repeating: "x", count: 1025)]] {
            await #expect(throws: UpdatesError.self) { try await annotate("rel-0", tags: bad) }
        }
        for number in 0..<5 { try await annotate("rel-\(number)", tags: (0..<20).map { "\(number * 20 + $0)" }) }
        await #expect(throws: UpdatesError.self) { try await annotate("rel-5", tags: ["one more"]) }
        try await annotate("rel-5", notes: "text", tags: ["1", "99"])
        let notes = try await rig.artifacts.releaseNotes()
        #expect(notes["rel-5"] == ReleaseNotes(notes: "text", tags: ["1", "99"]))
        try await rig.artifacts.removeReleases(["rel-5"], by: .hub)
        #expect(try await rig.artifacts.releaseNotes()["rel-5"] == nil)
    }
}
