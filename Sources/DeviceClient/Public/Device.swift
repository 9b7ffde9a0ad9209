internal import PKI
internal import Transport
internal import Wire

/// A device on its way from nothing to a certificate, and its life with it.
///
/// ```swift
/// let device = try Device(id: "AA:BB:CC:DD:EE:FF")
/// try await device.provision(secret: "secret of the label")
/// let broker = try await device.service("mqtts")
/// try await device.run()      // renews until cancelled
/// ```
public actor Device {
    /// The device ID: common name of its certificate.
    public nonisolated let id: String
    let configuration: DeviceConfiguration
    let folder: DeviceFolder
    let time: TimeKeeper
    let finder: HubFinder
    private let subscribers = EventSubscribers()
    private var loadedKey: DeviceKey?
    var forgeries = ForgeryLog()

    /// Makes a device; nothing happens on disk or network yet. Throws ``DeviceError/invalidDeviceID``, or
    /// ``DeviceError/folderOfOtherDevice(id:)`` when the folder holds another identity.
    public init(id: String, configuration: DeviceConfiguration = DeviceConfiguration()) throws(DeviceError) {
        guard DeviceID.isValid(id) else { throw .invalidDeviceID }
        self.id = id
        self.configuration = configuration
        folder = DeviceFolder(path: configuration.folder)
        time = TimeKeeper(clock: configuration.now)
        finder = HubFinder(location: configuration.hub, policy: configuration.policy)
        let state = try folder.state()
        if let owner = state.deviceID, !DeviceID.isSame(owner, id) { throw .folderOfOtherDevice(id: owner) }
        time.remember(state.hubTime, state.correction)
    }

    /// The ID of the device that a folder belongs to; nil when it belongs to none yet.
    public static func owner(ofFolder folder: String) throws(DeviceError) -> String? {
        try DeviceFolder(path: folder).state().deviceID
    }

    /// What happens from now on, for logs and displays. Each call makes a sequence of its own; one that is not read
    /// keeps the latest 256 events. Ends with the device.
    public nonisolated var events: AsyncStream<DeviceEvent> {
        subscribers.subscribe()
    }

    /// Ends the sequences of ``events`` handed out so far, once their readers have seen what was reported.
    package nonisolated func endEvents() {
        subscribers.end()
    }

    /// What is known without asking the hub.
    public func status() throws(DeviceError) -> DeviceStatus {
        let state = try folder.state()
        let identity = try folder.identity()
        let key = if let loadedKey { loadedKey } else { try existingKey() }
        return DeviceStatus(
            deviceID: id, keyFingerprint: key?.publicKey.fingerprint, certificate: identity.map(describe),
            renewalDue: identity.map { schedule(of: $0).due }, believedTime: time.now, hub: state.hubURL,
            services: state.services)
    }

    /// Forgets the certificate, the CA and the hub; the key too unless it is kept. A key behind a provider or a custom
    /// signer is never touched. Keys for releases and what was accepted under them stay when they are the factory's.
    public func reset(keepingKey: Bool = false) throws(DeviceError) {
        try folder.remove(keepingKey: keepingKey)
        try folder.forgetReleases()
        loadedKey = nil
    }

    // MARK: - Pieces shared by the steps

    func report(_ event: DeviceEvent) {
        subscribers.send(event)
    }

    /// The device's key, made at first use when it lives in a file.
    func key() throws(DeviceError) -> DeviceKey {
        if let loadedKey { return loadedKey }
        let key: DeviceKey
        switch configuration.key {
        case .file:
            var made: String?
            key = DeviceKey(try folder.fileKey { made = $0.publicKey.fingerprint })
            if let made { report(.keyMade(fingerprint: made)) }
        case .provider(let uri): key = try DeviceKey(providerURI: uri)
        case .custom(let signer): key = try DeviceKey(signer)
        }
        loadedKey = key
        return key
    }

    private func existingKey() throws(DeviceError) -> DeviceKey? {
        switch configuration.key {
        case .file: try folder.existingKey().map { DeviceKey($0) }
        default: try key()
        }
    }

    /// Puts an approval on disk: state first, certificate last.
    func keep(_ approval: Approval) throws(DeviceError) -> DeviceCertificate {
        let leaf = approval.identity.leaf
        // The hub's own certificate matters as well: at the believed time it must be valid the next time we meet.
        let (begin, end) = (
            max(leaf.notBefore, approval.server.notBefore), min(leaf.notAfter, approval.server.notAfter)
        )
        let correction =
            begin < end
            ? time.learn(notBefore: begin, notAfter: end, hubTime: approval.hubTime)
            : time.learn(notBefore: leaf.notBefore, notAfter: leaf.notAfter, hubTime: approval.hubTime)
        var state = DeviceState()
        state.note(try folder.state().serials)
        state.note([try folder.identity()?.leaf, leaf].compactMap { $0?.serial.description })
        state.deviceID = id
        state.hubURL = approval.hub.location.url
        state.hubName = approval.hub.name
        state.services = approval.services
        state.hubTime = max(approval.hubTime ?? 0, leaf.notBefore)
        state.correction = time.correction
        state.knowsHubMark = approval.isMarked
        try folder.write(state)
        try folder.write(approval.identity)
        if let correction { report(.clockCorrected(bySeconds: correction)) }
        return describe(approval.identity)
    }

    /// Whose certificates pass for the hub's: one that was seen with its mark has it for good.
    func hubRule() throws(DeviceError) -> HubRule {
        try folder.state().knowsHubMark ? .marked : .markedOrOldForm
    }

    func describe(_ identity: Identity) -> DeviceCertificate {
        var keyPath: String?
        if case .file = configuration.key { keyPath = folder.keyPath }
        return DeviceCertificate(
            deviceID: id, serial: identity.leaf.serial.description, notBefore: identity.leaf.notBefore,
            notAfter: identity.leaf.notAfter, certificatePEM: identity.certificatePEM,
            authorityPEM: identity.authorityPEM, certificatePath: folder.certificatePath, keyPath: keyPath,
            authorityPath: folder.authorityPath)
    }

    /// The schedule of a certificate. Its chance comes from the serial, so it is the same after every restart.
    func schedule(of identity: Identity) -> RenewalSchedule {
        RenewalSchedule(
            notBefore: identity.leaf.notBefore, notAfter: identity.leaf.notAfter,
            chance: Double(identity.leaf.serial.bytes.last ?? 0) / 255)
    }

    func pause(_ duration: Duration) async throws(DeviceError) {
        do {
            try await configuration.sleep(duration)
        } catch {
            throw .cancelled
        }
    }
}
