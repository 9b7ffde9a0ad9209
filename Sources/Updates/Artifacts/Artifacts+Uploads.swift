internal import Artifact
internal import Dispatch
internal import Encoding
internal import Files
package import Journal
internal import PKI
internal import Store

extension Artifacts {
    /// Begins an upload.
    ///
    /// - Parameter limit: longest file, in bytes; `nil` for that of artifacts.
    package func beginUpload(limit: Int64? = nil) throws -> ArtifactUpload {
        let upload = ArtifactUpload(
            id: UniqueID.make(), folder: folder, room: room, disk: disk, limit: limit ?? limits.artifactBytes)
        try SecureFile.write([UInt8](), to: folder.upload(upload.id), mode: 0o600)
        return upload
    }

    /// Begins the upload of a file whose digest is known: its ID is made from that, so that a sender who has the file
    /// finds the upload again.
    ///
    /// - Parameters:
    ///   - digest: SHA-256 of the whole file, hexadecimal.
    ///   - isContinued: continues an earlier upload of the file instead of dropping it.
    /// - Throws: ``UpdatesError/invalid(_:)``; ``UpdatesError/uploadOffset(_:)`` when somebody uploads the same file at
    ///   this moment.
    package func beginUpload(of digest: String, isContinued: Bool) throws -> ArtifactUpload {
        guard digest.utf8.count == 64, let bytes = Hex.decode(digest.lowercased()) else {
            throw UpdatesError.invalid("a SHA-256 has 64 hexadecimal digits")
        }
        let upload = ArtifactUpload(
            id: UniqueID.make(from: bytes), folder: folder, room: room, disk: disk, limit: limits.artifactBytes)
        guard SecureFile.exists(folder.upload(upload.id)) else {
            try SecureFile.write([UInt8](), to: folder.upload(upload.id), mode: 0o600)
            return upload
        }
        if !isContinued { try upload.open(at: upload.offset()).empty() }
        return upload
    }

    /// The upload of a number, begun before.
    ///
    /// - Throws: ``UpdatesError/unknownUpload(_:)``.
    package func upload(_ id: String) throws -> ArtifactUpload {
        guard UniqueID.isValid(id) else { throw UpdatesError.unknownUpload(id) }
        let upload = ArtifactUpload(
            id: id.lowercased(), folder: folder, room: room, disk: disk, limit: limits.artifactBytes)
        _ = try upload.offset()
        return upload
    }

    package func abandon(_ upload: ArtifactUpload) {
        folder.remove(folder.upload(upload.id))
        room.forget(upload.id)
    }

    /// Makes an upload an artifact: every sum is checked, the signature is looked at, and when this returns it is
    /// durable.
    ///
    /// The upload is gone afterwards, also when it was refused; but not when somebody still writes to it.
    /// - Parameters:
    ///   - id: UUID of the artifact; `nil` for a fresh one.
    ///   - digest: SHA-256 the sender knows, hexadecimal; `nil` for none.
    ///   - raw: what is said of a raw file; `nil` for one that says by itself what it is.
    ///   - isArchive: whether it is an archive beside the firmware, which a key for archives must have signed.
    /// - Returns: the artifact; the one that is kept already, for firmware that is.
    /// - Throws: ``UpdatesError``.
    package func finish(
        _ upload: ArtifactUpload, id: String? = nil, description: String, digest: String? = nil,
        raw: RawFirmware? = nil, isArchive: Bool = false, by requester: Requester
    ) async throws -> StoredArtifact {
        // What is checked must be what is kept: nobody adds to it from here on.
        let sink = try await upload.append(at: upload.offset())
        defer { withExtendedLifetime(sink) {} }
        var moved: String?
        do {
            try await disk.run { try sink.flush() }
            let content = try await read(upload, raw: raw, isArchive: isArchive, description: description)
            var checked = try checked(content, id: id, description: description, digest: digest)
            checked.artifact.archive = isArchive ? true : nil
            let artifact = checked.artifact
            // Most refusals are found here, before the file has moved.
            let known = try await journal.store.lookUp { [self] db in
                try refuseConflicts(of: artifact, upload, in: db)
            }
            if let known {
                abandon(upload)
                return known
            }
            await claims.claim(artifact.sha256)
            defer { claims.release(artifact.sha256) }
            try await disk.run { [folder] in try folder.keep(upload: upload.id, sha256: artifact.sha256) }
            moved = artifact.sha256
            return try await keep(checked, from: upload, by: requester)
        } catch {
            guard let moved else {
                abandon(upload)
                throw error
            }
            // Another upload of the same bytes may have begun under the old name by now: only the file in its place
            // goes, now or with the next sweep, unless another artifact has the same bytes.
            room.forget(upload.id)
            try? await removeFiles([moved])
            throw error
        }
    }

    /// What an upload becomes.
    private struct Checked: Sendable {
        var artifact: StoredArtifact
        /// SHA-256 of each part of firmware, one after the other.
        let parts: [UInt8]
    }

    /// Writes the row of an artifact whose file has its place, durably. A power cut in between leaves a file that no
    /// artifact names: ``sweep()`` removes it.
    private func keep(
        _ checked: Checked, from upload: ArtifactUpload, by requester: Requester
    ) async throws -> StoredArtifact {
        let kept = try await journal.store.write { [self] db in
            let artifact = checked.artifact
            if let known = try refuseConflicts(of: artifact, upload, in: db) { return known }
            try ArtifactStore.insert(artifact, in: db)
            if let firmware = artifact.firmware {
                try FirmwareStore.insert(firmware.uuid, artifact: artifact.id, parts: checked.parts, in: db)
            }
            try journal.audit(
                "artifact.upload", artifact.id, by: requester,
                detail: [
                    "name": artifact.name, "sha256": artifact.sha256, "signature": artifact.signature.rawValue,
                ], in: db)
            return artifact
        }
        try? await room.refresh()
        room.forget(upload.id)
        return kept
    }

    /// - Returns: the artifact that is kept already, when this is firmware that is.
    /// - Throws: ``UpdatesError/artifactExists(_:)``, ``UpdatesError/firmwareExists(uuid:artifact:)``,
    ///   ``UpdatesError/storageFull``.
    @discardableResult
    private func refuseConflicts(
        of artifact: StoredArtifact, _ upload: ArtifactUpload, in db: Database
    ) throws -> StoredArtifact? {
        if let firmware = artifact.firmware, let known = try Self.firmware(firmware.uuid, in: db) {
            guard known.sha256 == artifact.sha256, known.firmware?.isSame(firmware) ?? false,
                known.isArchive == artifact.isArchive
            else {
                throw UpdatesError.firmwareExists(uuid: firmware.uuid, artifact: known.id)
            }
            return known
        }
        let others = try ArtifactStore.named(artifact.name, in: db).filter(artifact.overlaps)
        if let other = try ArtifactStore.find(artifact.id, in: db) ?? others.first {
            throw UpdatesError.artifactExists(ArtifactConflict(other))
        }
        guard room.holds(upload.id, size: artifact.size, kept: try ArtifactStore.totalSize(in: db)) else {
            throw UpdatesError.storageFull
        }
        return nil
    }

    /// What an upload holds, once it was read to its end and may become an artifact.
    private func checked(
        _ content: ArtifactContent, id: String?, description: String, digest: String?
    ) throws -> Checked {
        guard description.utf8.count <= 4096 else { throw UpdatesError.invalid("description has at most 4096 bytes") }
        if let id, !UniqueID.isValid(id) { throw UpdatesError.invalid("the number of an artifact must be a UUID") }
        if let digest, digest.lowercased() != content.sha256 {
            throw UpdatesError.badArtifact("it is another file than its sender meant: the digests differ")
        }
        let id = id?.lowercased() ?? UniqueID.make()
        let checked: Checked
        switch content {
        case .mender(let content):
            let artifact = StoredArtifact(
                content, id: id, description: description, signature: signature(of: content), at: now())
            checked = Checked(artifact: artifact, parts: [])
        case .firmware(let firmware, let signature, let sums):
            let artifact = StoredArtifact(
                firmware, sha256: content.sha256, size: sums.size, id: id, description: description,
                signature: signature, at: now())
            checked = Checked(artifact: artifact, parts: sums.parts)
        }
        guard checked.artifact.signature == .verified || !limits.wantsSignature else { throw UpdatesError.notSigned }
        return checked
    }

    /// Removes uploads nobody continued for a day, and files no artifact names: what a crash left behind.
    package func sweep() async throws {
        // By the slow time: a clock that jumps forward must not cost an upload that somebody goes on with.
        let (now, old) = (now(), journal.slowTime - 86_400)
        for name in folder.names() {
            // Written while the clock was ahead: its day begins now.
            if let at = folder.modifiedAt(name), at > now { folder.touch(name, at: now) }
            if name.hasPrefix("upload-") {
                guard folder.modifiedAt(name) ?? now < old else { continue }
                folder.remove("\(folder.path)/\(name)")
                if let id = folder.uploadID(name) { room.forget(id) }
            } else if name.utf8.count == 64, name.allSatisfy(\.isHexDigit), folder.modifiedAt(name) ?? now < old {
                try await removeFiles([name])
            }
        }
    }

    /// Reads the whole file away from the tasks that serve requests.
    private func read(
        _ upload: ArtifactUpload, raw: RawFirmware?, isArchive: Bool, description: String
    ) async throws -> ArtifactContent {
        let (path, limit) = (folder.upload(upload.id), limits.artifactBytes)
        let trust = isArchive ? try await archiveTrust() : try await firmwareTrust()
        if isArchive, raw != nil { throw UpdatesError.invalid("an archive says by itself what it is; leave raw out") }
        return try await withCheckedContinuation { continuation in
            checks.async {
                continuation.resume(
                    returning: Result { () throws(UpdatesError) in
                        guard isArchive else {
                            return try ArtifactContent.read(
                                path, raw: raw, description: description, trust: trust, limit: limit)
                        }
                        return try ArtifactContent.archive(path, trust: trust)
                    })
            }
        }.get()
    }

    private func signature(of content: ArtifactDescription) -> StoredArtifact.Signature {
        guard let signature = content.signature else { return .unsigned }
        return signature.key(among: limits.publishers) == nil ? .unverified : .verified
    }
}
