internal import CoSigning
internal import Encoding
internal import Files
internal import PKI

extension Device {
    /// Asks the hub for the release of a stream with a fresh challenge, and checks both signatures, time, audience,
    /// hardware, and what was accepted before. New key sets are taken over first.
    ///
    /// What is accepted is on disk before this returns: no lower release is accepted afterwards. A refusal is told to
    /// the hub and thrown; nothing of the message is kept.
    ///
    /// - Parameter stream: for example `os`.
    /// - Returns: nil when the hub has no release for this device.
    /// - Throws: ``DeviceError/releaseRefused(error:reason:)``; ``DeviceError/noDeviceType``,
    ///   ``DeviceError/noReleaseKeys(reason:)``, and what keeps the hub from being reached.
    public func release(stream: String) async throws(DeviceError) -> DeviceRelease? {
        let type = try checkRequest(stream)
        do throws(DeviceError) {
            return try await ask(stream, type)
        } catch {
            // The hub makes a new certificate at each start, which a device without the time takes for one of the
            // future. A renewal proves the hub by other means, and brings the time along.
            guard case .clock = error, ownClock == nil else { throw error }
            try await renew()
            return try await ask(stream, type)
        }
    }

    private func ask(_ stream: String, _ type: String) async throws(DeviceError) -> DeviceRelease? {
        let contact = try pinnedContact()
        let lock = try folder.lockReleases()
        defer { withExtendedLifetime(lock) {} }
        return try await atHub { hub throws(DeviceError) in
            var talk = ReleaseContact(contact.session(hub, bodyLimit: ReleaseContact.bodyLimit), type: type)
            defer { talk.close() }
            var exchange = exchange(stream, type)
            return try await exchange.run(&talk)
        }
    }

    /// Takes the release of a stream from a folder, such as that of a USB stick. The keys must be known already.
    ///
    /// - Parameters:
    ///   - stream: for example `os`.
    ///   - path: a folder with `NAME.release.json` and the artifact beside it. Of several messages for the stream the
    ///     highest that is accepted counts.
    /// - Returns: nil when no message is of the stream.
    /// - Throws: as ``release(stream:)``; ``DeviceError/noBundle(reason:)``, ``DeviceError/offlineBundlesOff``.
    public func release(stream: String, fromFolder path: String) async throws(DeviceError) -> DeviceRelease? {
        let type = try checkRequest(stream)
        guard ownClock != nil || configuration.allowOfflineBundles else { throw .offlineBundlesOff }
        let lock = try folder.lockReleases()
        defer { withExtendedLifetime(lock) {} }
        var exchange = exchange(stream, type)
        do throws(DeviceError) {
            return try exchange.run(ReleaseBundle(folder: path))
        } catch {
            if let refusal = exchange.refusal { await tellHub(refusal) }
            throw error
        }
    }

    /// Notes that a release runs: its new image has committed. The hub is told. Waits up to a minute for another
    /// process that asks for a release.
    ///
    /// - Throws: ``DeviceError/releaseNotAccepted(stream:seq:)`` for any other than the one accepted last.
    public func markInstalled(stream: String, seq: Int64) async throws(DeviceError) {
        guard ReleaseClaims.isStream(stream) else { throw .invalidStream }
        let report = try await noteInstalled(stream, seq)
        await tellHub(report)
    }

    private func noteInstalled(_ stream: String, _ seq: Int64) async throws(DeviceError) -> ReleaseReport {
        let lock = try await waitForReleases()
        defer { withExtendedLifetime(lock) {} }
        var record = try folder.releases()
        guard record.state.markInstalled(stream: stream, sequence: seq) else {
            throw .releaseNotAccepted(stream: stream, seq: seq)
        }
        try folder.write(record)
        let detail = record.details[stream].flatMap { $0.sequence == seq ? $0 : nil }
        return ReleaseReport(
            stream: stream, sequence: seq, error: nil, deployment: detail?.deployment, origin: record.origin)
    }

    /// The lock on the releases; waits up to a minute for another process.
    private func waitForReleases() async throws(DeviceError) -> FolderLock {
        for _ in 0..<240 {
            if let lock = try folder.freeReleases() { return lock }
            try await pause(.milliseconds(250))
        }
        return try folder.lockReleases()
    }

    // MARK: - Pieces

    /// The clock that releases are judged by; `nil` for none.
    private var ownClock: Int64? { configuration.hasClock ? time.ownClock : nil }

    /// - Returns: the device's type.
    private func checkRequest(_ stream: String) throws(DeviceError) -> String {
        guard ReleaseClaims.isStream(stream) else { throw .invalidStream }
        guard let type = configuration.deviceType, !type.isEmpty else { throw .noDeviceType }
        return type
    }

    private func exchange(_ stream: String, _ type: String) -> ReleaseExchange {
        ReleaseExchange(
            stream: stream, folder: folder,
            device: DeviceDescription(id: id, type: type, groups: configuration.groups), clock: ownClock,
            now: time.now, uptime: configuration.uptime(), bootID: configuration.bootID())
    }

    /// Tells the hub of a release when it can be reached; nothing depends on it.
    func tellHub(_ report: ReleaseReport) async {
        guard let contact = try? pinnedContact() else { return }
        try? await atHub { hub throws(DeviceError) in
            var talk = ReleaseContact(contact.session(hub), type: configuration.deviceType)
            defer { talk.close() }
            await talk.tell(report)
        }
    }
}
