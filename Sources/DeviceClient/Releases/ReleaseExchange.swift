internal import CoSigning
internal import Encoding
internal import PKI

/// One look for the release of a stream: keys, key sets, message, in this order, each stored before the next. Who makes
/// one holds the lock on the releases.
struct ReleaseExchange {
    let stream: String
    let folder: DeviceFolder
    let device: DeviceDescription
    /// The clock that releases are judged by, Unix seconds; `nil` for none.
    let clock: Int64?
    /// The time the device believes in, Unix seconds.
    let now: Int64
    /// Seconds since the system's start, and what names that start.
    let uptime: Int64
    let bootID: String
    /// What the hub is told when something was refused.
    private(set) var refusal: ReleaseReport?

    /// Key sets that are taken in one look.
    private static let keySetLimit = 256

    init(
        stream: String, folder: DeviceFolder, device: DeviceDescription, clock: Int64?, now: Int64, uptime: Int64,
        bootID: String
    ) {
        (self.stream, self.folder, self.device) = (stream, folder, device)
        (self.clock, self.now, self.uptime, self.bootID) = (clock, now, uptime, bootID)
    }

    /// Asks the hub, and tells it when its answer is refused.
    mutating func run(_ hub: inout ReleaseContact) async throws(DeviceError) -> DeviceRelease? {
        do throws(DeviceError) {
            var record = try begin()
            let trust = try await keys(&record, &hub)
            let challenge = Base64URL.encode(SecureRandom.bytes(32))
            guard let answer = try await hub.release(stream, challenge: challenge) else { return nil }
            let circumstances = CoSigning.Verification.Circumstances(
                device: device, clock: clock, challenge: challenge)
            let message = try judging(nil, record) { () throws(CoSignError) in try SignedMessage(parsing: answer) }
            let (stream, state) = (stream, record.state)
            let acceptance = try judging(message, record) { () throws(CoSignError) in
                let acceptance = try CoSigning.Verification(trust: trust, circumstances).accept(
                    message, kind: .release, state: state)
                guard acceptance.isOf(stream) else {
                    throw CoSignError(.wrongKind, "the release is of another stream than was asked for")
                }
                return acceptance
            }
            return try keep(acceptance, &record, source: .hub)
        } catch {
            if let refusal { await hub.tell(refusal) }
            throw error
        }
    }

    /// Takes the highest release of a folder that is accepted; its first refusal counts when none is.
    mutating func run(_ bundle: ReleaseBundle) throws(DeviceError) -> DeviceRelease? {
        var record = try begin()
        let trust = try ownKeys(&record)
        let verification = CoSigning.Verification(
            trust: trust, .init(device: device, clock: clock, isOffline: true))
        var (best, failure): (CoSigning.Verification.Acceptance?, DeviceError?)
        for bytes in try bundle.messages() {
            do throws(DeviceError) {
                let message = try judging(nil, record) { () throws(CoSignError) in try SignedMessage(parsing: bytes) }
                if let named = (try? Claims.decode(message.payload))?["stream"]?.string,
                    !named.utf8.elementsEqual(stream.utf8)
                {
                    continue
                }
                let acceptance = try judging(message, record) { () throws(CoSignError) in
                    try verification.accept(message, kind: .release, state: record.state)
                }
                guard acceptance.isOf(stream) else { continue }
                if acceptance.sequence > (best?.sequence ?? 0) { best = acceptance }
            } catch {
                failure = failure ?? error
            }
        }
        if let best { return try keep(best, &record, source: .folder(bundle.folder)) }
        if let failure { throw failure }
        return nil
    }

    // MARK: - Steps

    /// Counts the time in which nothing was accepted, whatever comes of this look.
    private func begin() throws(DeviceError) -> ReleaseRecord {
        var record = try folder.releases()
        record.silence.count(uptime: uptime, bootID: bootID)
        try folder.write(record)
        return record
    }

    /// Stores what was accepted, before anybody acts on it.
    private func keep(
        _ acceptance: CoSigning.Verification.Acceptance, _ record: inout ReleaseRecord, source: DeviceRelease.Source
    ) throws(DeviceError) -> DeviceRelease? {
        record.take(acceptance)
        record.silence.end(uptime: uptime, bootID: bootID, now: now)
        try folder.write(record)
        return DeviceRelease(acceptance, source: source)
    }

    /// The keys that are trusted, after all key sets the hub has.
    private mutating func keys(
        _ record: inout ReleaseRecord, _ hub: inout ReleaseContact
    ) async throws(DeviceError) -> TrustedKeys {
        var trust = try await firstKeys(&record, &hub)
        for _ in 0..<Self.keySetLimit {
            guard let bytes = try await hub.keySet(trust.version + 1) else { break }
            let message = try judging(nil, record) { () throws(CoSignError) in try SignedMessage(parsing: bytes) }
            let acceptance = try judging(message, record) { () throws(CoSignError) in
                try KeySet.accept(message, trust: trust, state: record.state)
            }
            trust = acceptance.trust
            (record.trust, record.state) = (trust, acceptance.state)
            try folder.write(record)
        }
        return trust
    }

    /// The keys before key sets; the hub is asked for them when the device has none, or may take its co-signer keys.
    private mutating func firstKeys(
        _ record: inout ReleaseRecord, _ hub: inout ReleaseContact
    ) async throws(DeviceError) -> TrustedKeys {
        let factory = try folder.factoryTrust()
        // A newer image may bring keys to a device that had its hub's.
        let known = record.origin == .hub && factory != nil ? nil : record.trust
        if let known, !record.mayReplaceCoSigner { return known }
        if factory != nil { record.origin = .factory }
        let first = ReleaseTrust(factory: factory)
        var trust = known
        if trust == nil { trust = try judging(nil, record) { () throws(CoSignError) in try first.ownKeys() } }
        if trust == nil || record.mayReplaceCoSigner {
            let version = try judging(nil, record) { () throws(CoSignError) in try first.version(of: trust) }
            let answer = try await hub.trust(version: version)
            trust = try judging(nil, record) { () throws(CoSignError) in
                let offered = try TrustedKeys(answer)
                guard let trust else { return try first.first(from: offered) }
                return try ReleaseTrust.renewed(trust, from: offered)
            }
        }
        guard let trust else { throw .noReleaseKeys(reason: "the hub gave none") }
        record.trust = trust
        record.mayReplaceCoSigner = false
        try folder.write(record)
        return trust
    }

    /// The keys without a hub.
    private mutating func ownKeys(_ record: inout ReleaseRecord) throws(DeviceError) -> TrustedKeys {
        let factory = try folder.factoryTrust()
        if let trust = record.trust, record.origin == .factory || factory == nil { return trust }
        if factory != nil { record.origin = .factory }
        let own = try judging(nil, record) { () throws(CoSignError) in try ReleaseTrust(factory: factory).ownKeys() }
        guard let own else {
            throw .noReleaseKeys(reason: "fetch a release from the hub once, or put keys into factory-trust.json")
        }
        record.trust = own
        try folder.write(record)
        return own
    }

    /// Does what may refuse; the first refusal is what the hub hears of.
    private mutating func judging<Value>(
        _ message: SignedMessage?, _ record: ReleaseRecord, _ work: () throws(CoSignError) -> Value
    ) throws(DeviceError) -> Value {
        do throws(CoSignError) {
            return try work()
        } catch {
            refusal =
                refusal ?? ReleaseReport(refusing: message, stream: stream, error.name, origin: record.origin)
            throw .releaseRefused(error: error.name.rawValue, reason: error.detail)
        }
    }
}

extension CoSigning.Verification.Acceptance {
    /// 0 if it is not a release.
    var sequence: Int64 { claims.release?.sequence ?? 0 }

    func isOf(_ stream: String) -> Bool { claims.release?.stream.utf8.elementsEqual(stream.utf8) ?? false }
}

extension DeviceRelease {
    /// `nil` if it is not a release.
    init?(_ acceptance: CoSigning.Verification.Acceptance, source: Source) {
        guard let release = acceptance.claims.release else { return nil }
        let artifact = release.artifact
        self.init(
            stream: release.stream, seq: release.sequence, version: release.version,
            action: acceptance.action == CoSigning.Verification.Action.none ? .none : .install,
            artifact: Artifact(
                name: artifact.name, sha256: artifact.sha256, size: artifact.size, format: artifact.format),
            deployment: acceptance.deployment, source: source)
    }
}
