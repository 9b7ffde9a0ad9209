internal import Files
internal import FoundationEssentials
package import PKI

/// The key that encrypts secrets at rest: made on the first start, or handed over by the operator or by systemd.
package enum StoreKey {
    /// Why the hub has no key to open its store with.
    package enum Problem: Error, Equatable, Sendable {
        /// The file has not 32 bytes.
        case bad(file: String)
        /// The key is not the one the store was made with.
        case foreign(file: String)
        /// The store is gone, while something beside it says that there was one.
        case storeMissing(database: String, because: String)
    }

    /// Reads the key; one is made where neither the hub's own file nor a database is there yet.
    ///
    /// - Parameters:
    ///   - own: the hub's file, when nobody gives another.
    ///   - given: the operator's file, empty for none.
    ///   - credentials: `$CREDENTIALS_DIRECTORY`, where systemd puts `store-key`.
    ///   - database: file of the store.
    /// - Throws: ``Problem``, and what the file can't be written with.
    package static func open(
        own: String, given: String, credentials: String?, database: String
    ) throws -> (key: SealingKey, file: String) {
        let credential = credentials.map { $0 + "/store-key" }
        let isCredentialThere = credential.map(SecureFile.exists) ?? false
        let file = !given.isEmpty ? given : isCredentialThere ? credential ?? own : own
        guard file == own, !SecureFile.exists(file) else { return (try read(file), file) }
        // Until the store exists the key has another name, which an interrupted first start leaves behind: the final
        // name without a store means that the store was lost.
        let fresh = own + Self.freshSuffix
        if !SecureFile.exists(database) {
            try SecureFile.write(SealingKey.random().bytes, to: fresh, mode: 0o600)
        }
        guard SecureFile.exists(fresh) else { throw Problem.bad(file: file) }
        return (try read(fresh), file)
    }

    private static let freshSuffix = ".new"

    private static func read(_ file: String) throws(Problem) -> SealingKey {
        guard let key = try? SealingKey(try SecureFile.bytes(file)) else { throw .bad(file: file) }
        return key
    }

    /// Stops the start when the store is missing although there was one: an empty store would know no device.
    ///
    /// - Parameters:
    ///   - own: the hub's own key file.
    ///   - mark: file that says that there was a store, see ``settle(own:used:mark:)``.
    ///   - isNew: whether the operator asked for a new store; what is left of the lost one is removed.
    /// - Throws: ``Problem/storeMissing(database:because:)``.
    package static func requireStore(own: String, mark: String, database: String, isNew: Bool) throws {
        guard !SecureFile.exists(database) else { return }
        guard isNew else {
            guard let sign = [mark, own].first(where: SecureFile.exists) else { return }
            throw Problem.storeMissing(database: database, because: sign)
        }
        for rest in ["-wal", "-shm", ".upgrading"] { try SecureFile.discard(database + rest) }
        try SecureFile.discard(mark)
    }

    /// Records durably that a store exists; called once it does.
    ///
    /// - Parameter used: where the key of the store came from.
    package static func settle(own: String, used: String, mark: String) throws {
        let fresh = own + freshSuffix
        if SecureFile.exists(fresh) {
            // Left by an interrupted first start, and of no use when another key is used now.
            if used == own, !SecureFile.exists(own) {
                try SecureFile.move(fresh, to: own)
            } else {
                try SecureFile.discard(fresh)
            }
        }
        guard !SecureFile.exists(mark) else { return }
        try SecureFile.write(UUID().uuidString.lowercased() + "\n", to: mark, mode: 0o600)
    }

    private static let plain = Array("latchkey".utf8)

    /// Notices a key that was exchanged: a constant sealed with it is kept in the store.
    ///
    /// - Parameters:
    ///   - file: where the key of the store came from.
    ///   - mark: file that says that there was a store before.
    ///   - database: file of the store.
    /// - Throws: ``Problem/foreign(file:)``; ``Problem/storeMissing(database:because:)`` for a store that is new
    ///   although there was one.
    package static func check(_ store: Store, file: String, mark: String, database: String) async throws {
        let key = store.sealingKey.derive("latchkey check")
        let kept = try await store.read { db in try Settings.value("keyCheck", in: db) }
        guard let kept else {
            guard !SecureFile.exists(mark) else { throw Problem.storeMissing(database: database, because: mark) }
            let sealed = key.seal(plain, context: [])
            return try await store.write { db in try Settings.set("keyCheck", to: sealed, in: db) }
        }
        guard (try? key.open(kept, context: [])) == plain else { throw Problem.foreign(file: file) }
    }
}
