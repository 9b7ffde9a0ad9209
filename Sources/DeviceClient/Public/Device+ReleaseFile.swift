internal import CoSigning
internal import Files
internal import PKI

extension Device {
    /// Brings the artifact of an accepted release into a file. The file appears under its name only when the bytes that
    /// were written have the signed size and hash; until then they lie beside it, `FILE.….part`, from where a later
    /// call goes on. A file that is right already is left as it is.
    ///
    /// - Parameters:
    ///   - release: what ``release(stream:)`` or ``release(stream:fromFolder:)`` returned.
    ///   - file: path of a plain file, mode 0600, that is made or replaced; its folder must exist.
    /// - Throws: ``DeviceError/releaseRefused(error:reason:)`` with `bad_artifact` for other bytes, of which nothing
    ///   stays, and which the hub is told; ``DeviceError/artifactUnavailable(status:)``;
    ///   ``DeviceError/artifactFile(reason:)``, before anything is fetched when a folder, device, pipe or link is in
    ///   the place.
    public func download(_ release: DeviceRelease, to file: String) async throws(DeviceError) {
        try ArtifactPart.checkPlace(file)
        if ArtifactPart.isThere(release.artifact, at: file) { return }
        do throws(DeviceError) {
            switch release.source {
            case .hub: try await download(release.artifact, to: file)
            case .folder(let folder): try await copy(release.artifact, from: ReleaseBundle(folder: folder), to: file)
            }
        } catch {
            if case .releaseRefused = error {
                let origin = (try? folder.releases())?.origin ?? .hub
                await tellHub(
                    ReleaseReport(
                        stream: release.stream, sequence: release.seq, error: .badArtifact,
                        deployment: release.deployment, origin: origin))
            }
            throw error
        }
    }

    private func download(_ artifact: DeviceRelease.Artifact, to file: String) async throws(DeviceError) {
        let contact = try pinnedContact()
        let part = try ArtifactPart(artifact, at: file)
        // As long as each attempt brings something, the next one follows at once.
        while await !part.isComplete {
            let isWhole = try await atHub { hub throws(DeviceError) in
                var talk = ReleaseContact(contact.session(hub), type: configuration.deviceType)
                defer { talk.close() }
                return try await talk.download(part)
            }
            if isWhole { break }
        }
        try await part.finish()
    }

    private func copy(
        _ artifact: DeviceRelease.Artifact, from bundle: ReleaseBundle, to file: String
    ) async throws(DeviceError) {
        guard let source = try bundle.file(of: artifact) else {
            throw .releaseRefused(
                error: CoSignError.Name.badArtifact.rawValue,
                reason: "no file of the bundle has the \(artifact.size) signed bytes")
        }
        let part = try ArtifactPart(artifact, at: file)
        try await part.begin(status: 200, range: nil)
        try await copy(source, to: part)
        try await part.finish()
    }

    private func copy(_ source: FileSource, to part: ArtifactPart) async throws(DeviceError) {
        while true {
            let bytes: [UInt8]
            do throws(FileError) {
                bytes = try source.read(1 << 16)
            } catch {
                throw .noBundle(reason: error.description)
            }
            guard !bytes.isEmpty else { return }
            try await part.append(bytes)
        }
    }

    /// What is known of releases, without asking the hub.
    public func releaseStatus() throws(DeviceError) -> ReleaseStatus {
        let record = try folder.releases()
        var silence = record.silence
        silence.count(uptime: configuration.uptime(), bootID: configuration.bootID())
        let streams = record.state.streams.sorted { $0.key < $1.key }.map { name, stream in
            let detail = record.details[name].flatMap { $0.sequence == stream.sequence ? $0 : nil }
            return ReleaseStatus.Stream(
                name: name, seq: stream.sequence, version: detail?.version, sha256: stream.sha256,
                isInstalled: stream.installed)
        }
        let isStale = silence.counted > configuration.maxSilence.components.seconds
        return ReleaseStatus(
            streams: streams, timeFloor: record.state.timeFloor, project: record.trust?.project,
            trustVersion: record.trust?.version, trustOrigin: record.trust.map { _ in record.origin },
            acceptedAt: silence.acceptedAt, silentSeconds: silence.counted, health: isStale ? .updatesStale : .ok)
    }
}
