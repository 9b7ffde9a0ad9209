internal import Backup
internal import Files
internal import Foundation
internal import PKI
internal import Registry
internal import Store

/// Makes a backup of the state of a running hub: the database as it stands at one moment, authorities, keys, artifacts.
struct StateBackup: Sendable {
    let state: StateFolder
    let configuration: HubConfiguration
    let store: Store
    let registry: Registry

    private struct Manifest: Encodable {
        let site: String
        let madeAt: String
        let version: String
        /// What the hub uses but does not keep in its state folder, and so not in the backup.
        let elsewhere: [String]
    }

    /// Removes copies of the database that an interrupted backup left.
    func clear() {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: state.path)) ?? []
        where name.hasPrefix("backup-") {
            SecureFile.remove(state.path + "/" + name)
        }
    }

    /// Writes the backup.
    ///
    /// - Parameter output: takes the bytes, in order.
    func write(
        passphrase: String, artifacts: Bool, by requester: Requester,
        to output: @escaping ([UInt8]) async throws -> Void
    ) async throws {
        let copy = state.path + "/backup-" + UUID().uuidString + ".db"
        defer { SecureFile.remove(copy) }
        try await store.write { [registry] db in try registry.audit("backup.make", "state", by: requester, in: db) }
        try store.copy(to: copy)
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
        let given = [
            configuration.authorityCertificate, configuration.authorityKey, configuration.authorityPassphraseFile,
            configuration.storeKeyFile,
        ]
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(
            try encoder.encode(
                Manifest(
                    site: configuration.siteName, madeAt: Date.now.formatted(.iso8601), version: Release.version,
                    elsewhere: given.filter { !$0.isEmpty })))
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
