internal import Files

extension HubConfiguration {
    /// What the hub uses but does not keep in its state folder, and so not in a backup of it.
    ///
    /// - Parameter credentials: folder of systemd's credentials.
    func keptElsewhere(credentials: String?) -> [String] {
        // Of a provider's URI only what names the key: attributes behind the question mark may hold a PIN.
        let files = [
            authorityCertificate, String(authorityKey.prefix { $0 != "?" }), authorityPassphraseFile, storeKeyFile,
        ]
        let handedOver = ["ca-key", "ca-passphrase", "store-key"].filter { name in
            credentials.map { SecureFile.exists($0 + "/" + name) } ?? false
        }
        return files.filter { !$0.isEmpty } + handedOver.map { "the credential \($0)" }
    }
}
