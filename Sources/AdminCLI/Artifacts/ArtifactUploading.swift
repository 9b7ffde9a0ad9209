internal import AdminAPI
internal import Transport

/// Brings a file to the hub over connections that may break: each try asks how far the upload is and goes on there.
struct ArtifactUploading {
    let client: AdminClient
    let file: String
    /// Bytes of the file.
    let size: Int64
    /// Its SHA-256: finds the upload again, and proves in the end that the hub has this file and no other.
    let sha256: String
    /// Tries without progress before it is given up.
    let tries: Int
    let isShown: Bool
    /// What is said of a raw file; `nil` for one that says by itself what it is.
    var raw: AdminRawFirmware?
    /// Whether it is an archive beside the firmware.
    var isArchive = false

    /// The artifact the hub has of this very file; `nil` when it has none.
    func find() async throws -> AdminArtifact? {
        let known = try await client.all(ArtifactEndpoints.list(query: ArtifactQuery(sha256: sha256)))
            .filter { ($0.archive ?? false) == isArchive }
        guard let raw else { return known.first }
        return known.first { artifact in
            guard artifact.format == "raw", let firmware = artifact.firmware else { return false }
            return firmware.product == raw.product && firmware.version == raw.version
                && firmware.platform == raw.platform && firmware.architecture == raw.architecture
        }
    }

    /// Sends what the hub has not, and makes it an artifact.
    func run(description: String, isResumed: Bool) async throws -> AdminArtifact {
        let upload = try await client.call(UploadEndpoints.begin(AdminUploadBegin(sha256: sha256, resume: isResumed)))
        try await send(to: upload.id, from: upload.offset)
        return try await finish(
            upload.id,
            AdminUploadFinish(
                description: description, sha256: sha256, raw: raw, archive: isArchive ? true : nil))
    }

    private func send(to upload: String, from start: Int64) async throws {
        var offset = start
        var failures = 0
        let progress = TransferProgress(total: Int(size), isShown: isShown, begin: Int(start))
        defer { progress.finish() }
        while offset < size {
            do {
                offset = try await sendRest(to: upload, from: offset, progress)
            } catch {
                failures = try await pause(after: error, failures)
                let reached = try await reached(upload, failures)
                if reached > offset { failures = 0 }
                offset = reached
            }
        }
    }

    private func sendRest(to upload: String, from offset: Int64, _ progress: TransferProgress) async throws -> Int64 {
        let source = try InputSource(file, from: offset)
        return try await client.upload(
            UploadEndpoints.append(upload, query: UploadQuery(offset: offset)),
            chunks: { writer in
                while let chunk = try source.next() { try await writer.write(chunk) }
            }, onProgress: { progress.update(Int(offset) + $0) }
        ).offset
    }

    /// How far the upload is, once the hub answers again.
    private func reached(_ upload: String, _ before: Int) async throws -> Int64 {
        var failures = before
        while true {
            do {
                return try await client.call(UploadEndpoints.show(upload)).offset
            } catch {
                failures = try await pause(after: error, failures)
            }
        }
    }

    private func finish(_ upload: String, _ body: AdminUploadFinish) async throws -> AdminArtifact {
        var failures = 0
        while true {
            do {
                // Every checksum is verified there: gigabytes take their time.
                return try await client.call(UploadEndpoints.finish(upload, body), patience: .seconds(3600))
            } catch let failure as CommandFailure where failure.word == "unknownUpload" && failures > 0 {
                // Its answer was lost: it may have become an artifact.
                guard let artifact = try await find() else { throw failure }
                return artifact
            } catch {
                failures = try await pause(after: error, failures)
            }
        }
    }

    /// Waits before another try, longer each time.
    ///
    /// - Returns: failures with this one.
    /// - Throws: the failure itself when no try will help, or there were enough.
    private func pause(after error: any Error, _ before: Int) async throws -> Int {
        guard Self.isPassing(error) else { throw error }
        let failures = before + 1
        guard failures < tries else {
            throw CommandFailure.unreachable(
                "the connection to the hub broke \(failures) times; go on later with: hubctl artifact upload "
                    + "\(Terminal.plain(file)) --resume")
        }
        if isShown { Terminal.progress("the connection broke; try \(failures + 1) of \(tries)") }
        try await Task.sleep(for: .milliseconds(min(10_000, 250 << min(failures, 8))))
        return failures
    }

    /// Whether it may go away by itself: a broken connection, a hub that restarts, the end of a connection the hub
    /// still holds.
    private static func isPassing(_ error: any Error) -> Bool {
        if let error = error as? TransportError {
            switch error {
            case .cannotConnect, .timedOut, .closed: return true
            case .notHTTP, .untrusted, .tls, .responseTooLarge, .invalidRequest: return false
            }
        }
        guard let failure = error as? CommandFailure else { return false }
        return failure.code == 69 || failure.word == "uploadOffset"
    }
}
