internal import Files
package import PKI

/// The key that encrypts secrets at rest: made on the first start, or handed over by the operator or by systemd.
package enum StoreKey {
    /// Why the hub has no key to open its store with.
    package enum Problem: Error, Equatable, Sendable {
        /// The file has not 32 bytes.
        case bad(file: String)
        /// The key is not the one the store was made with.
        case foreign(file: String)
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
        if file == own, !SecureFile.exists(file), !SecureFile.exists(database) {
            try SecureFile.write(SealingKey.random().bytes, to: file, mode: 0o600)
        }
        guard let key = try? SealingKey(try SecureFile.bytes(file)) else { throw Problem.bad(file: file) }
        return (key, file)
    }

    private static let plain = Array("latchkey".utf8)

    /// Notices a key that was exchanged: a constant sealed with it is kept in the store.
    ///
    /// - Parameter file: where the key of the store came from.
    /// - Throws: ``Problem/foreign(file:)``.
    package static func check(_ store: Store, file: String) async throws {
        let key = store.sealingKey.derive("latchkey check")
        let kept = try await store.read { db in try Settings.value("keyCheck", in: db) }
        guard let kept else {
            let sealed = key.seal(plain, context: [])
            return try await store.write { db in try Settings.set("keyCheck", to: sealed, in: db) }
        }
        guard (try? key.open(kept, context: [])) == plain else { throw Problem.foreign(file: file) }
    }
}
