internal import Files
internal import FoundationEssentials

/// Puts a backup in the place of a hub's state, so that whatever interrupts it leaves the old state or the new one.
///
/// Three steps: everything is unpacked into `restore/` beside the state and verified to its last byte; then one file,
/// `restore.commit`, says that it counts; then the parts change places. Whoever finds that file, a repeated command or
/// the hub at its start, finishes the third step; whoever finds `restore/` without it removes it.
package struct Restoration: Sendable {
    private let state: String
    private var staging: String { state + "/restore" }
    private var commitMark: String { state + "/restore.commit" }
    private var former: String { state + "/before-restore" }
    /// Set before the parts change places, so that a repetition does not clear what the first try put aside.
    private var clearedMark: String { state + "/restore/cleared" }

    /// Tells the next start that the store is one of an earlier time; the start removes it once it has acted on it.
    package static let restoredMark = "restored"

    /// What changes places, as a whole each.
    private static let parts = ["hub.db", "ca", "keys"]

    /// Restores into a state folder, which exists and whose lock the caller holds.
    package init(state: String) {
        self.state = state
    }

    /// Whether there is a hub's state already.
    package var isOccupied: Bool { Self.parts.contains { SecureFile.exists(state + "/" + $0) } }

    /// Unpacks and verifies the whole backup; nothing of the state is touched.
    ///
    /// - Parameter onProgress: told the bytes unpacked so far.
    /// - Returns: the manifest, as the hub wrote it.
    package func stage(_ reader: BackupReader, onProgress: (Int64) -> Void = { _ in }) throws -> [UInt8] {
        try discard()
        for folder in ["", "/ca", "/keys", "/artifacts"] { try SecureFile.makeFolder(staging + folder, mode: 0o700) }
        var manifest: [UInt8] = []
        var names: Set<String> = []
        var done: Int64 = 0
        while let entry = try reader.next() {
            guard names.insert(entry.name).inserted else { throw BackupError.foreignEntry("\(entry.name) twice") }
            guard entry.name != BackupEntry.manifest else {
                guard entry.size <= 65_536 else { throw BackupError.foreignEntry(entry.name) }
                manifest = try whole(reader)
                continue
            }
            let sink = try FileSink(staging + "/" + entry.name, mode: 0o600)
            while case let part = try reader.read(65_536), !part.isEmpty {
                try sink.write(part)
                done += Int64(part.count)
                onProgress(done)
            }
            try sink.finish()
        }
        guard names.contains(BackupEntry.database), !manifest.isEmpty else { throw BackupError.damaged }
        return manifest
    }

    /// Makes the unpacked state the valid one.
    package func commit() throws {
        try SecureFile.write("1\n", to: commitMark, mode: 0o600)
        try finishPending()
    }

    /// Finishes what was interrupted: called by every start of a hub before it opens its state.
    package func finishPending() throws {
        guard SecureFile.exists(commitMark) else { return try discard() }
        // Nothing is left to change places: a copy of the folder may hold the mark alone. `before-restore` stays.
        guard SecureFile.exists(staging) else { return try removeCommitMark() }
        guard SecureFile.isFolder(staging) else {
            throw FileError(path: staging, doing: "use", reason: "expected a folder, found a link or a file")
        }
        try clearFormer()
        for part in Self.parts where SecureFile.exists(staging + "/" + part) {
            for old in part == "hub.db" ? ["hub.db-wal", "hub.db-shm", part] : [part] {
                try putAside(old)
            }
            try SecureFile.move(staging + "/" + part, to: state + "/" + part)
        }
        try SecureFile.makeFolder(state + "/artifacts", mode: 0o700)
        let artifacts = try list(staging + "/artifacts")
        for artifact in artifacts {
            try SecureFile.move(staging + "/artifacts/" + artifact, to: state + "/artifacts/" + artifact)
        }
        try SecureFile.write("1\n", to: state + "/" + Self.restoredMark, mode: 0o600)
        try giveToOwner(artifacts)
        try removeCommitMark()
        try discard()
    }

    /// Durably: after a power cut the mark must not come back without what it speaks of.
    private func removeCommitMark() throws {
        SecureFile.remove(commitMark)
        try SecureFile.syncFolder(of: commitMark)
    }

    /// Only the last state is kept: parts of two would make a state that never was.
    private func clearFormer() throws {
        if !SecureFile.exists(clearedMark) {
            if SecureFile.exists(former) { try FileManager.default.removeItem(atPath: former) }
            try SecureFile.write("1\n", to: clearedMark, mode: 0o600)
        }
        try SecureFile.makeFolder(former, mode: 0o700)
    }

    private func putAside(_ name: String) throws {
        guard SecureFile.exists(state + "/" + name) else { return }
        try SecureFile.move(state + "/" + name, to: former + "/" + name)
    }

    private func discard() throws {
        guard SecureFile.exists(staging) else { return }
        try FileManager.default.removeItem(atPath: staging)
    }

    private func list(_ folder: String) throws -> [String] {
        SecureFile.isFolder(folder) ? try FileManager.default.contentsOfDirectory(atPath: folder) : []
    }

    /// Nothing but what was restored: whatever else is there, somebody else put there.
    private func giveToOwner(_ artifacts: [String]) throws {
        var paths =
            ["hub.db", "ca", "keys", "artifacts", "before-restore", Self.restoredMark]
            + artifacts.map { "artifacts/" + $0 }
        for folder in ["ca", "keys"] { paths += try list(state + "/" + folder).map { folder + "/" + $0 } }
        for path in paths where SecureFile.exists(state + "/" + path) {
            _ = SecureFile.giveToOwner(ofFolder: state, state + "/" + path)
        }
    }

    private func whole(_ reader: BackupReader) throws -> [UInt8] {
        var bytes: [UInt8] = []
        while case let part = try reader.read(65_536), !part.isEmpty { bytes += part }
        return bytes
    }
}
