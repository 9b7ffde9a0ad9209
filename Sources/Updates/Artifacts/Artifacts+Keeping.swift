package import Journal
internal import Store

/// What the hub keeps to install.
extension Artifacts {
    /// Every artifact, by name.
    package func all() async throws -> [StoredArtifact] {
        try await journal.store.read { db in try ArtifactStore.all(in: db) }
    }

    /// The artifact of a UUID.
    ///
    /// - Throws: ``UpdatesError/unknownArtifact(_:)``.
    package func artifact(_ id: String) async throws -> StoredArtifact {
        guard let artifact = try await journal.store.lookUp({ db in try ArtifactStore.find(id, in: db) }) else {
            throw UpdatesError.unknownArtifact(id)
        }
        return artifact
    }

    /// An artifact with these bytes; `nil` when none is kept.
    package func artifact(sha256: String) async throws -> StoredArtifact? {
        try await journal.store.lookUp { db in try ArtifactStore.find(sha256: sha256, in: db) }
    }

    /// Artifacts by their UUIDs; those that are gone are passed over.
    package func artifacts(_ ids: [String]) async throws -> [String: StoredArtifact] {
        try await journal.store.read { db in
            var found: [String: StoredArtifact] = [:]
            for id in Set(ids) { found[id] = try ArtifactStore.find(id, in: db) }
            return found
        }
    }

    /// Where its bytes are.
    package func file(of artifact: StoredArtifact) -> String { folder.file(artifact.sha256) }

    /// Bytes of all artifacts together, with uploads that are not finished.
    package func storage() async throws -> Int64 {
        try await journal.store.read { db in try ArtifactStore.totalSize(in: db) } + room.waiting
    }

    /// Changes the operator's text.
    ///
    /// - Throws: ``UpdatesError/artifactInUse(_:deployments:)`` when it was ever deployed: what devices were told must
    ///   stay readable.
    package func describe(_ id: String, as text: String, by requester: Requester) async throws {
        guard text.utf8.count <= 4096 else { throw UpdatesError.invalid("description has at most 4096 bytes") }
        try await journal.store.write { [self] db in
            guard var artifact = try ArtifactStore.find(id, in: db) else { throw UpdatesError.unknownArtifact(id) }
            guard try !Updates.hasDeployed(artifact: id, in: db) else {
                throw UpdatesError.artifactInUse(id, deployments: try Updates.deployments(using: id, in: db))
            }
            artifact.description = text
            artifact.modifiedAt = now()
            try ArtifactStore.update(artifact, in: db)
            try journal.audit("artifact.describe", id, by: requester, in: db)
        }
    }

    /// Removes an artifact, and its file when no other has the same bytes.
    ///
    /// - Throws: ``UpdatesError/artifactInUse(_:deployments:)`` while a deployment that is not finished needs it,
    ///   ``UpdatesError/artifactIsArchive(_:)`` while it is offered as an archive.
    package func remove(_ id: String, by requester: Requester) async throws {
        let digest = try await journal.store.write { [self] db in try remove(id, by: requester, in: db) }
        try await removeFiles([digest])
    }

    /// Removes artifacts of releases, all or none.
    ///
    /// - Throws: ``UpdatesError/artifactInUse(_:deployments:)`` with the unfinished deployments.
    package func removeReleases(_ names: [String], by requester: Requester) async throws {
        let digests = try await journal.store.write { [self] db in
            try names.flatMap { name in
                try named(name, in: db).map { try remove($0.id, by: requester, in: db) }
            }
        }
        try await removeFiles(digests)
    }

    /// Removes artifacts that no deployment needs and that are older than others of their release's kind.
    ///
    /// - Parameters:
    ///   - keep: newest artifacts to keep for each device type and payload type.
    ///   - olderThan: only those uploaded before, Unix seconds.
    ///   - isRehearsal: only says what would go.
    /// - Returns: what was or would be removed.
    package func prune(
        keep: Int, olderThan: Int64, isRehearsal: Bool, by requester: Requester
    ) async throws -> [StoredArtifact] {
        let (removed, digests) = try await journal.store.write { [self] db in
            let candidates = try Retention.surplus(of: ArtifactStore.all(in: db), keep: keep).filter { artifact in
                try artifact.modifiedAt < olderThan && Updates.deployments(using: artifact.id, in: db).isEmpty
                    && !ArchiveStore.isOffered(artifact: artifact.id, in: db)
            }
            guard !isRehearsal else { return (candidates, [String]()) }
            return (candidates, try candidates.map { try remove($0.id, by: requester, in: db) })
        }
        try await removeFiles(digests)
        return removed
    }

    /// Notes and tags of every release that has some.
    package func releaseNotes() async throws -> [String: ReleaseNotes] {
        try await journal.store.read { db in try ArtifactStore.notes(in: db) }
    }

    /// Changes notes or tags of a release; `nil` leaves them.
    ///
    /// - Throws: ``UpdatesError/noArtifact(_:)``, ``UpdatesError/invalid(_:)``.
    package func annotate(
        _ name: String, notes: String?, tags: [String]?, by requester: Requester
    ) async throws {
        if let notes, notes.utf8.count > 1024 { throw UpdatesError.invalid("notes have at most 1024 bytes") }
        if let tags {
            guard tags.count <= 20, Set(tags).count == tags.count,
                tags.allSatisfy({ (1...1024).contains($0.utf8.count) })
            else { throw UpdatesError.invalid("a release has at most 20 different tags of 1 to 1024 bytes") }
        }
        try await journal.store.write { [self] db in
            guard try !ArtifactStore.named(name, in: db).isEmpty else { throw UpdatesError.noArtifact(name) }
            var all = try ArtifactStore.notes(in: db)
            var one = all[name] ?? ReleaseNotes(notes: "", tags: [])
            if let notes { one.notes = notes }
            if let tags { one.tags = tags }
            all[name] = one
            guard Set(all.values.flatMap(\.tags)).count <= 100 else {
                throw UpdatesError.invalid("all releases together have at most 100 different tags")
            }
            try ArtifactStore.setNotes(one, of: name, in: db)
            try journal.audit("release.annotate", name, by: requester, in: db)
        }
    }

    /// Removes files that no artifact has any more, and that no upload is about to give to one (``ArtifactClaims``).
    func removeFiles(_ digests: [String]) async throws {
        for digest in digests {
            try await claims.whileUnclaimed(digest) {
                let isKept = try await journal.store.lookUp { db in try ArtifactStore.isKept(sha256: digest, in: db) }
                guard !isKept else { return }
                try await disk.run { [folder] in folder.remove(folder.file(digest)) }
            }
        }
    }

    /// Answers the digest of its file.
    private func remove(_ id: String, by requester: Requester, in db: Database) throws -> String {
        guard let artifact = try ArtifactStore.find(id, in: db) else { throw UpdatesError.unknownArtifact(id) }
        let deployments = try Updates.deployments(using: id, in: db)
        guard deployments.isEmpty else { throw UpdatesError.artifactInUse(id, deployments: deployments) }
        guard try !ArchiveStore.isOffered(artifact: id, in: db) else { throw UpdatesError.artifactIsArchive(id) }
        try FirmwareStore.remove(artifact: id, in: db)
        try ArtifactStore.remove(id, in: db)
        try ArtifactStore.removeEmptyReleases(in: db)
        try journal.audit("artifact.remove", id, by: requester, detail: ["name": artifact.name], in: db)
        return artifact.sha256
    }
}

/// What an operator wrote about a release.
package struct ReleaseNotes: Sendable, Equatable {
    package var notes: String
    /// Words to find it by.
    package var tags: [String]
}

/// Which artifacts are no longer worth their room.
enum Retention {
    /// All but the newest few of each kind of device and payload.
    static func surplus(of artifacts: [StoredArtifact], keep: Int) -> [StoredArtifact] {
        var kept: [String: Int] = [:]
        var surplus: [StoredArtifact] = []
        for artifact in artifacts.sorted(by: { ($0.modifiedAt, $0.id) > ($1.modifiedAt, $1.id) }) {
            let types = artifact.deviceTypes.isEmpty ? [""] : artifact.deviceTypes
            let kind = "\(artifact.isArchive)\n\(artifact.payloadType ?? "")\n\(artifact.firmware?.product ?? "")"
            let kinds = types.map { "\(kind)\n\($0)" }
            if kinds.contains(where: { kept[$0, default: 0] < keep }) {
                for kind in kinds { kept[kind, default: 0] += 1 }
            } else {
                surplus.append(artifact)
            }
        }
        return surplus
    }
}
