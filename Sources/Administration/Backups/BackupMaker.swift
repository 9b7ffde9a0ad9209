package import Journal

/// Makes encrypted backups of the state of the running hub.
package protocol BackupMaker: Sendable {
    /// - Throws: ``AdministrationError/backupRunning`` while another one is under way; what storage is refused with.
    func prepare(
        passphrase: String, artifacts: Bool, by requester: Requester
    ) async throws -> any PreparedBackup
}

package protocol PreparedBackup: Sendable {
    /// Writes it to where its bytes go, once.
    func write(to output: @escaping ([UInt8]) async throws -> Void) async throws
}
