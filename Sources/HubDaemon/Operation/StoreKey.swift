internal import Files
internal import PKI

/// The key that encrypts secrets at rest: made on the first start, or handed over by the operator or by systemd.
enum StoreKey {
    /// Reads the key.
    ///
    /// - Parameters:
    ///   - given: the operator's file, empty for none.
    ///   - credentials: `$CREDENTIALS_DIRECTORY`, where systemd puts `store-key`.
    static func open(_ state: StateFolder, given: String, credentials: String?) throws -> (
        key: SealingKey, file: String
    ) {
        let credential = credentials.map { $0 + "/store-key" }
        let isCredentialThere = credential.map(SecureFile.exists) ?? false
        let file = !given.isEmpty ? given : isCredentialThere ? credential ?? state.storeKey : state.storeKey
        if file == state.storeKey, !SecureFile.exists(file), !SecureFile.exists(state.database) {
            try SecureFile.write(SealingKey.random().bytes, to: file, mode: 0o600)
        }
        guard let key = try? SealingKey(try SecureFile.bytes(file)) else { throw HubError.badStoreKey(file: file) }
        return (key, file)
    }
}
