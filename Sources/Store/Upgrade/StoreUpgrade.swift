internal import Files
internal import FoundationEssentials
internal import GRDB

/// Why an existing store can't be opened by this release. Nothing of it was changed.
package enum StoreUpgradeError: Error, Equatable, Sendable {
    /// A newer release has written it.
    ///
    /// - Parameter copy: the copy from before that release; `nil` when there is none.
    case newer(file: String, copy: String?)
    /// The copy that is made before the first change has no room.
    ///
    /// - Parameters:
    ///   - needed: bytes of the copy.
    ///   - free: bytes that are there.
    case noRoom(file: String, needed: Int64, free: Int64)
    /// The store is damaged: it can't be copied as a whole.
    case damaged(file: String, reason: String)
}

/// The copy of a store as the release before left it, `hub.db.before-VERSION`: made and checked before the first
/// migration, so that an upgrade that goes wrong loses nothing.
///
/// A mark beside it says that migrations are under way. A start that finds the mark goes on with them and keeps the
/// copy: another one would be of a store that is half changed.
struct StoreUpgrade {
    /// File of the store.
    let store: String
    /// The release that changes the store.
    let version: String
    /// Bytes that are free where a path is.
    var room: (String) throws -> Int64 = { path in try SecureFile.room(at: path) }
    /// Told the bytes to copy before the copy begins, which may take minutes.
    var willCopy: (Int64) -> Void = { _ in }

    private var copy: String { store + Self.infix + version }
    private var part: String { store + ".before.part" }
    private var mark: String { store + ".upgrading" }

    private static let infix = ".before-"
    /// Bytes that the migrations themselves may need beside the copy.
    private static let margin: Int64 = 16 << 20

    /// Makes the copy, unless an upgrade that was interrupted has made it; durable when this returns.
    ///
    /// - Parameter made: the migrations that the store has seen.
    func begin(_ pool: DatabasePool, made: Set<String>) throws {
        removePart()
        // A mark says nothing of a store that was put here since, say by a restoration.
        if let marked = markedCopy(), let before = try? Self.migrations(of: marked), before.isStrictSubset(of: made) {
            return
        }
        try requireRoom()
        willCopy(SecureFile.size(store))
        do {
            try makePart(pool)
            try SecureFile.move(part, to: copy)
        } catch {
            removePart()
            throw error
        }
        try SecureFile.write(version, to: mark, mode: 0o600)
    }

    /// The copy that the mark names; `nil` when either is not there.
    private func markedCopy() -> String? {
        guard let version = try? SecureFile.read(mark) else { return nil }
        let copy = store + Self.infix + version
        return SecureFile.exists(copy) ? copy : nil
    }

    private func removePart() {
        for rest in ["", "-journal", "-wal", "-shm"] { SecureFile.remove(part + rest) }
    }

    /// The migrations a file has seen.
    private static func migrations(of file: String) throws -> Set<String> {
        var configuration = Configuration()
        configuration.readonly = true
        let queue = try DatabaseQueue(path: file, configuration: configuration)
        let made = try queue.read { db in try DatabaseMigrator().appliedIdentifiers(db) }
        try queue.close()
        return made
    }

    /// All migrations are made: only the newest copy is kept.
    ///
    /// - Returns: the copy; `nil` when nothing was changed.
    func finish() throws -> String? {
        guard SecureFile.exists(mark) else { return nil }
        let copy = markedCopy()
        if let copy {
            for other in try Self.copies(of: store) where other != copy { SecureFile.remove(other) }
        }
        SecureFile.remove(mark)
        try SecureFile.syncFolder(of: store)
        return copy
    }

    /// The copy to go back to from a store that is too new: that of an upgrade which is under way, or the latest.
    func latestCopy() throws -> String? {
        if let marked = markedCopy() { return marked }
        return try Self.copies(of: store).max { SecureFile.modifiedAt($0) < SecureFile.modifiedAt($1) }
    }

    /// Copies that are kept beside a store.
    static func copies(of store: String) throws -> [String] {
        let parts = store.split(separator: "/", omittingEmptySubsequences: false)
        let (folder, name) = (parts.dropLast().joined(separator: "/"), parts.last ?? "")
        return try FileManager.default.contentsOfDirectory(atPath: folder.isEmpty ? "." : folder)
            .filter { $0.hasPrefix(name + infix) }
            .map { folder.isEmpty ? $0 : folder + "/" + $0 }
    }

    func requireRoom() throws {
        let needed = SecureFile.size(store) + SecureFile.size(store + "-wal")
        var free = try room(store)
        // A power cut has left it before any migration began: it is made anew.
        if free < needed + Self.margin, SecureFile.exists(copy) {
            SecureFile.remove(copy)
            free = try room(store)
        }
        guard free >= needed + Self.margin else {
            throw StoreUpgradeError.noRoom(file: store, needed: needed, free: free)
        }
    }

    private func makePart(_ pool: DatabasePool) throws {
        // An empty file whose mode the copy keeps: SQLite would make one that others may read.
        try SecureFile.write([UInt8](), to: part, mode: 0o600)
        let problems = try storeErrors {
            let target = try DatabaseQueue(path: part)
            try pool.backup(to: target)
            let problems = try target.writeWithoutTransaction { db in
                // One file, without a WAL beside it that could be forgotten.
                try db.execute(sql: "PRAGMA journal_mode = DELETE")
                return try String.fetchAll(db, sql: "PRAGMA quick_check(3)")
            }
            try target.close()
            return problems
        }
        guard problems == ["ok"] else {
            throw StoreUpgradeError.damaged(file: store, reason: problems.first ?? "no answer")
        }
        try SecureFile.syncFile(part)
    }
}
