internal import Files
internal import PKI

/// The files of one device. Each is replaced atomically and durably; the certificate is written last, so a device is
/// provisioned exactly when its certificate file is there, wherever the power went.
struct DeviceFolder: Sendable {
    let path: String

    var keyPath: String { path + "/device.key" }
    var certificatePath: String { path + "/device.crt" }
    var authorityPath: String { path + "/ca.crt" }
    private var statePath: String { path + "/device.json" }
    private var pairingPath: String { path + "/pairing.json" }

    func prepare() throws(DeviceError) {
        try wrapping { () throws(FileError) in try SecureFile.makeFolder(path, mode: 0o700, isNamed: true) }
    }

    // MARK: - Key

    /// The key in the file, made at first use.
    func fileKey(_ made: (PrivateKey) -> Void) throws(DeviceError) -> PrivateKey {
        if let key = try existingKey() { return key }
        try prepare()
        do {
            let key = try PrivateKey.makeP256()
            try put(Array(try key.pem().utf8), at: keyPath, mode: 0o600)
            made(key)
            return key
        } catch let error as DeviceError {
            throw error
        } catch {
            throw .key(reason: "it cannot be made")
        }
    }

    /// The key in the file; nil when there is none yet.
    func existingKey() throws(DeviceError) -> PrivateKey? {
        guard SecureFile.exists(keyPath) else { return nil }
        let pem = try wrapping { () throws(FileError) in try SecureFile.read(keyPath) }
        do {
            return try PrivateKey(pem: pem, passphrase: nil)
        } catch {
            throw .key(reason: "\(keyPath) holds no usable key; reset the device")
        }
    }

    // MARK: - Certificate

    /// Certificate and CA; nil before provisioning.
    func identity() throws(DeviceError) -> Identity? {
        guard SecureFile.exists(certificatePath) else { return nil }
        let pem = try wrapping { () throws(FileError) in try SecureFile.read(certificatePath) }
        let authorityPEM = try wrapping { () throws(FileError) in try SecureFile.read(authorityPath) }
        do {
            let chain = try Certificate.all(inPEM: pem)
            guard let leaf = chain.first else { throw DeviceError.notProvisioned }
            return Identity(leaf: leaf, chain: chain, authority: try Certificate.all(inPEM: authorityPEM))
        } catch {
            throw .storage(reason: "\(certificatePath) or \(authorityPath) is damaged; reset the device")
        }
    }

    func write(_ identity: Identity) throws(DeviceError) {
        try prepare()
        try put(Array(identity.authorityPEM.utf8), at: authorityPath, mode: 0o644)
        try put(Array(identity.certificatePEM.utf8), at: certificatePath, mode: 0o644)
    }

    // MARK: - State

    func state() throws(DeviceError) -> DeviceState {
        guard SecureFile.exists(statePath) else { return DeviceState() }
        let bytes = try wrapping { () throws(FileError) in try SecureFile.bytes(statePath) }
        // A damaged state file costs an address and a list of services, both of which are found again.
        return (try? DeviceState(parsing: bytes)) ?? DeviceState()
    }

    func write(_ state: DeviceState) throws(DeviceError) {
        try prepare()
        try put(state.encoded(), at: statePath, mode: 0o600)
    }

    /// Failed pairings. A damaged file counts as none: losing it must not lock a device out.
    func pairingCounter() throws(DeviceError) -> PairingCounter {
        guard SecureFile.exists(pairingPath) else { return PairingCounter() }
        let bytes = try wrapping { () throws(FileError) in try SecureFile.bytes(pairingPath) }
        return (try? PairingCounter(parsing: bytes)) ?? PairingCounter()
    }

    func write(_ counter: PairingCounter) throws(DeviceError) {
        try prepare()
        try put(counter.encoded(), at: pairingPath, mode: 0o600)
    }

    /// Removes everything; the certificate first, so that a half-reset device is an unprovisioned one.
    func remove(keepingKey: Bool) throws(DeviceError) {
        for file in [certificatePath, authorityPath, statePath, pairingPath] + (keepingKey ? [] : [keyPath]) {
            guard SystemFolder.remove(file) else { throw .storage(reason: "\(file) cannot be removed") }
        }
    }

    func put(_ content: [UInt8], at file: String, mode: UInt32) throws(DeviceError) {
        try wrapping { () throws(FileError) in try SecureFile.write(content, to: file, mode: mode) }
        guard SecureFile.giveToOwner(ofFolder: path, file) else {
            throw .storage(reason: "\(file) cannot be given to the owner of its folder")
        }
    }

    private func wrapping<Value>(_ work: () throws(FileError) -> Value) throws(DeviceError) -> Value {
        do throws(FileError) {
            return try work()
        } catch {
            throw .storage(reason: error.description)
        }
    }
}

/// A device certificate with the CA it is believed under.
struct Identity: Sendable, Equatable {
    let leaf: Certificate
    /// Leaf first.
    let chain: [Certificate]
    /// The CA; more than one certificate when it is an intermediate or about to change.
    let authority: [Certificate]

    var certificatePEM: String { chain.map(\.pem).joined() }
    var authorityPEM: String { authority.map(\.pem).joined() }
}
