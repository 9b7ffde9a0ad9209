internal import Backup
internal import Files
internal import Foundation
package import Journal
package import HubRuntime
package import Store
internal import Synchronization

/// Makes a backup of the state of a running hub: the database as of one moment, authorities, keys, artifacts.
package struct StateBackup: BackupMaker {
    private let state: StateFolder
    private let site: String
    private let elsewhere: [String]
    private let store: Store
    private let journal: Journal
    private let place: BackupPlace

    private struct Manifest: Encodable {
        let site: String
        let madeAt: String
        let version: String
        let elsewhere: [String]
    }

    /// - Parameters:
    ///   - elsewhere: what the hub uses but does not keep in its state folder, described for the operator who restores
    ///     it.
    ///   - place: the one place that all backups of a hub share.
    package init(
        state: StateFolder, site: String, elsewhere: [String], store: Store, journal: Journal, place: BackupPlace
    ) {
        self.state = state
        self.site = site
        self.elsewhere = elsewhere
        self.store = store
        self.journal = journal
        self.place = place
    }

    /// Removes copies of the database that an interrupted backup left.
    package func clear() {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: state.path)) ?? []
        where name.hasPrefix("backup-") {
            SecureFile.remove(state.path + "/" + name)
        }
    }

    /// Copies the database and says how to write the rest: what can fail for want of room fails here, before anything
    /// was sent.
    ///
    /// - Throws: ``AdministrationError/backupRunning`` while another backup is under way; store errors.
    package func prepare(
        passphrase: String, artifacts: Bool, by requester: Requester
    ) async throws -> any PreparedBackup {
        let ticket = try BackupTicket(place, copy: state.path + "/backup-" + UUID().uuidString + ".db")
        try await store.write { [journal] db in
            try journal.audit("backup.make", "state", by: requester, in: db)
        }
        try FileSink(ticket.copy, mode: 0o600).finish()
        try await store.copy(to: ticket.copy)
        return StateCopy(backup: self, ticket: ticket, passphrase: passphrase, artifacts: artifacts)
    }

    fileprivate func write(
        _ copy: String, passphrase: String, artifacts: Bool, to output: @escaping ([UInt8]) async throws -> Void
    ) async throws {
        var writer = try await BackupWriter(passphrase: passphrase, output: output)
        let manifest = try manifest()
        var rest = manifest[...]
        try await writer.add(.init(name: BackupEntry.manifest, mode: 0o600, size: Int64(manifest.count))) { count in
            defer { rest = rest.dropFirst(count) }
            return Array(rest.prefix(count))
        }
        try await add(copy, as: BackupEntry.database, to: &writer)
        try await add(state.storeKey, as: "keys/store.key", to: &writer)
        for (folder, isWanted) in [("ca", true), ("artifacts", artifacts)] where isWanted {
            let names = (try? FileManager.default.contentsOfDirectory(atPath: state.path + "/" + folder)) ?? []
            for name in names.sorted() {
                try await add(state.path + "/\(folder)/\(name)", as: "\(folder)/\(name)", to: &writer)
            }
        }
        try await writer.finish()
    }

    private func manifest() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(
            try encoder.encode(
                Manifest(
                    site: site, madeAt: Date.now.formatted(.iso8601), version: Release.version, elsewhere: elsewhere)))
    }

    /// Adds a file of the state folder, when it is there and a restoration would take it.
    private func add(_ path: String, as name: String, to writer: inout BackupWriter) async throws {
        guard SecureFile.exists(path) else { return }
        let file = try FileSource(path)
        let entry = BackupEntry(name: name, mode: 0o600, size: try file.size())
        guard entry.isRestorable else { return }
        try await writer.add(entry) { try file.read($0) }
    }
}

/// A backup whose copy of the database is made.
private struct StateCopy: PreparedBackup {
    let backup: StateBackup
    let ticket: BackupTicket
    let passphrase: String
    let artifacts: Bool

    func write(to output: @escaping ([UInt8]) async throws -> Void) async throws {
        try await backup.write(ticket.copy, passphrase: passphrase, artifacts: artifacts, to: output)
    }
}

/// One backup at a time: each copies the database and takes 128 MiB to turn its passphrase into a key.
package final class BackupPlace: Sendable {
    fileprivate let isTaken = Mutex(false)

    package init() {}
}

/// A place for one backup with its copy of the database; both go with it, also when nobody ever asks for the bytes.
private final class BackupTicket: Sendable {
    let copy: String
    private let place: BackupPlace

    init(_ place: BackupPlace, copy: String) throws {
        let wasTaken = place.isTaken.withLock { isTaken in
            defer { isTaken = true }
            return isTaken
        }
        if wasTaken { throw AdministrationError.backupRunning }
        self.place = place
        self.copy = copy
    }

    deinit {
        SecureFile.remove(copy)
        place.isTaken.withLock { $0 = false }
    }
}
