internal import CoSigning
internal import Encoding
internal import Files

extension DeviceFolder {
    /// What was accepted, and the keys.
    var releasesPath: String { path + "/releases.json" }
    /// Keys of the factory image: a trust store, of which `cosigner_keys` may be absent. Read, never written.
    var factoryTrustPath: String { path + "/factory-trust.json" }

    /// Keeps others from the releases as long as it is held: what one reads and writes must not be lost to another.
    func lockReleases() throws(DeviceError) -> FolderLock {
        guard let lock = try freeReleases() else {
            throw .storage(reason: "another process works on the releases of \(path); try again when it is done")
        }
        return lock
    }

    /// The same lock; `nil` while somebody else holds it.
    func freeReleases() throws(DeviceError) -> FolderLock? {
        try prepare()
        guard let lock = FolderLock(path) else { return nil }
        guard SecureFile.giveToOwner(ofFolder: path, path + "/lock") else {
            throw .storage(reason: "\(path)/lock cannot be given to the owner of its folder")
        }
        return lock
    }

    /// - Throws: also for a damaged file, which would forget what must not be installed again.
    func releases() throws(DeviceError) -> ReleaseRecord {
        guard SecureFile.exists(releasesPath) else { return ReleaseRecord() }
        guard let record = ReleaseRecord(parsing: try read(releasesPath)) else {
            throw .storage(reason: "\(releasesPath) is damaged; restore it from a backup, or reset the device")
        }
        return record
    }

    func write(_ record: ReleaseRecord) throws(DeviceError) {
        try prepare()
        try put(record.encoded(), at: releasesPath, mode: 0o600)
    }

    /// The factory's trust store as it stands in the file; `nil` when there is none.
    func factoryTrust() throws(DeviceError) -> JSONValue? {
        guard SecureFile.exists(factoryTrustPath) else { return nil }
        guard let document = StrictJSON.parse(try read(factoryTrustPath)), document.members != nil else {
            throw .noReleaseKeys(reason: "\(factoryTrustPath) is not a strict JSON object; replace it")
        }
        return document
    }

    /// After a reset a hub may introduce itself anew, but factory keys stay, and what was accepted under them.
    func forgetReleases() throws(DeviceError) {
        guard SecureFile.exists(releasesPath) else { return }
        if let record = try? releases(), record.origin == .factory { return }
        guard SystemFolder.remove(releasesPath) else { throw .storage(reason: "\(releasesPath) cannot be removed") }
    }

    /// The device was provisioned with its secret: the hub may give its co-signer key anew.
    func allowNewCoSigner() throws(DeviceError) {
        var record = try releases()
        guard record.trust != nil else { return }
        record.mayReplaceCoSigner = true
        try write(record)
    }

    private func read(_ file: String) throws(DeviceError) -> [UInt8] {
        do throws(FileError) {
            return try SecureFile.bytes(file)
        } catch {
            throw .storage(reason: error.description)
        }
    }
}
