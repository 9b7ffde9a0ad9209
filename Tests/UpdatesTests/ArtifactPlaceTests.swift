internal import Encoding
import Foundation
internal import Journal
import PKI
internal import RecordTestSupport
internal import Rooms
import Store
internal import Synchronization
import Testing

@testable import Updates
internal import UpdatesTestSupport

/// The order in which a file gets its place and a row its name: a power cut between them costs nothing.
@Suite struct ArtifactPlaceTests {
    /// What the folder held each time before a row was written.
    private final class Sightings: Sendable {
        private let all = Mutex<[[String]]>([])
        func add(_ names: [String]) { all.withLock { $0.append(names) } }
        var names: [[String]] { all.withLock(\.self) }
    }

    /// Calls back on the writer's thread before the row of an artifact is written.
    private static func beforeRow(_ rig: UpdatesRig, _ work: @escaping @Sendable () throws -> Void) async throws {
        try await rig.rooms.journal.store.write { db in
            try db.callBack(beforeInsertInto: "artifact", work)
        }
    }

    @Test func file_HasItsPlaceBeforeItsRow() async throws {
        let rig = try await UpdatesRig.make()
        let sightings = Sightings()
        let bytes = try UpdatesRig.artifact("rel-1")
        let digest = Hex.encode(SHA256.hash(bytes))
        try await Self.beforeRow(rig) { sightings.add(rig.files()) }
        let artifact = try await rig.upload(bytes)
        #expect(artifact.sha256 == digest)
        #expect(sightings.names == [[digest]])
        #expect(try await rig.artifacts.all() == [artifact])
    }

    @Test func fileWhoseRowIsBeingWritten_IsNotRemoved() async throws {
        let rig = try await UpdatesRig.make()
        let bytes = try UpdatesRig.artifact("rel-1")
        let digest = Hex.encode(SHA256.hash(bytes))
        let (isRemoved, isWriting) = (DispatchSemaphore(value: 0), AsyncStream<Void>.makeStream())
        try await Self.beforeRow(rig) {
            isWriting.continuation.finish()
            isRemoved.wait()
        }
        async let upload = rig.upload(bytes)
        for await _ in isWriting.stream {}
        try await rig.artifacts.removeFiles([digest])
        isRemoved.signal()
        let artifact = try await upload
        #expect(rig.files() == [artifact.sha256])
        // Afterwards the row keeps it, and without one it goes.
        try await rig.artifacts.removeFiles([digest])
        #expect(rig.files() == [digest])
        try await rig.artifacts.remove(artifact.id, by: .hub)
        #expect(rig.files().isEmpty)
    }

    @Test func rowThatCannotBeWritten_TakesItsFileAlong() async throws {
        let rig = try await UpdatesRig.make()
        let bytes = try UpdatesRig.artifact("rel-1")
        try await Self.beforeRow(rig) { throw StoreError.full }
        await #expect(throws: StoreError.self) { try await rig.upload(bytes) }
        #expect(rig.files().isEmpty)
        #expect(try await rig.artifacts.all().isEmpty)
        try await rig.rooms.journal.store.write { db in
            try db.callBack(beforeInsertInto: "artifact", nil)
        }
        let artifact = try await rig.upload(bytes)
        #expect(rig.files() == [artifact.sha256])
    }

    @Test func uploadsOfOneFileAtTheSameTime_OneIsKeptWithItsFile() async throws {
        let rig = try await UpdatesRig.make()
        let bytes = try UpdatesRig.artifact("rel-1")
        let kept = await withTaskGroup(of: StoredArtifact?.self) { group in
            for _ in 0..<16 { group.addTask { try? await rig.upload(bytes) } }
            return await group.reduce(into: [StoredArtifact]()) { kept, one in if let one { kept.append(one) } }
        }
        #expect(kept.count == 1)
        #expect(try await rig.artifacts.all() == kept)
        #expect(rig.files() == kept.map(\.sha256))
    }
}
