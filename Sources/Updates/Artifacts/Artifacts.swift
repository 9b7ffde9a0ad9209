internal import Dispatch
package import Journal
internal import Store

/// Artifacts with their files, releases, and the uploads that become artifacts.
package final class Artifacts: Sweepable {
    /// What an operator may configure.
    package let limits: UpdatesLimits
    let journal: Journal
    let folder: ArtifactFolder
    let room: UploadRoom
    let claims = ArtifactClaims()
    /// Artifacts are checked one at a time on a thread of its own: it takes seconds and a core.
    let checks = DispatchQueue(label: "latchkey.artifact", qos: .utility)
    /// Files of checked artifacts are moved here, which waits for the disk but not for the checks of others.
    let disk = DiskQueue()
    /// Keys of firmware, as long as nobody changes them.
    let keys = RecentValues<KeysKey, [FirmwareKeyRecord]>(limit: 2)
    let keyTable: WatchedTables
    var now: @Sendable () -> Int64 { journal.now }

    /// Keeps artifacts; the migrations of the store include those of ``Updates``.
    ///
    /// - Parameter folder: where their files are; made when missing.
    package init(journal: Journal, folder: String, limits: UpdatesLimits = UpdatesLimits()) throws {
        (self.journal, self.limits) = (journal, limits)
        keyTable = journal.store.watch("firmware_key")
        self.folder = try ArtifactFolder(folder)
        room = UploadRoom(limit: limits.storageBytes, uploads: self.folder.uploads()) {
            [store = journal.store] in
            try await store.lookUp { db in try ArtifactStore.totalSize(in: db) }
        }
    }

    /// Artifacts of a release that can be deployed, inside of a transaction: archives beside the firmware are none.
    func named(_ release: String, in db: Database) throws -> [StoredArtifact] {
        try ArtifactStore.named(release, in: db).filter { !$0.isArchive }
    }

    func find(_ id: String, in db: Database) throws -> StoredArtifact? {
        try ArtifactStore.find(id, in: db)
    }
}
