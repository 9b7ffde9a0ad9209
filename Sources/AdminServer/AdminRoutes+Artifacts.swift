internal import AdminAPI
internal import Encoding
internal import HubHTTP
internal import Hummingbird
internal import Journal
internal import Updates

extension AdminRoutes {
    /// What the hub keeps to install.
    func addArtifacts(to group: RouterGroup<HubContext>) {
        group.serve(ArtifactEndpoints.list) { asked in
            let paging = try Paging(asked.query)
            let offset = try paging.offset()
            let artifacts = Self.chosen(from: try await artifacts.all(), by: asked.query)
            let end = min(artifacts.count, offset + paging.limit)
            return AdminPage(
                items: artifacts[min(offset, end)..<end].map(AdminArtifact.init),
                after: end < artifacts.count ? "\(end)" : nil)
        }
        group.serve(ArtifactEndpoints.show) { asked in AdminArtifact(try artifact(asked.parameters)) }
        group.serve(ArtifactEndpoints.download) { asked in
            let artifact = try artifact(asked.parameters)
            let file = try OpenFile(artifacts.file(of: artifact))
            return FileAnswer.make(
                to: asked.request, size: file.size, tag: artifact.sha256,
                contentType: "application/vnd.mender-artifact"
            ) { range in FileBody(file, range: range, on: asked.context.eventLoop).body() }
        }
        group.serve(ArtifactEndpoints.remove) { asked in
            try await artifacts.remove(try artifact(asked.parameters).id, by: asked.requester)
        }
        group.serve(ArtifactEndpoints.prune) { asked in
            let prune = try await asked.body()
            guard (0...1_000_000).contains(prune.keep), (0...100_000).contains(prune.olderThanDays ?? 0) else {
                throw AdminError.badRequest("keep and olderThanDays are counts, not negative")
            }
            let removed = try await artifacts.prune(
                keep: prune.keep, olderThan: journal.now() + 1 - Int64(prune.olderThanDays ?? 0) * 86_400,
                isRehearsal: prune.dryRun ?? false, by: asked.requester)
            return AdminPage(items: removed.map(AdminArtifact.init), after: nil)
        }
    }

    private func artifact(_ id: String) throws -> StoredArtifact {
        try artifacts.artifact(id.lowercased())
    }

    private static func chosen(from artifacts: [StoredArtifact], by query: ArtifactQuery) -> [StoredArtifact] {
        artifacts.filter { artifact in
            (query.release ?? artifact.name) == artifact.name && (query.sha256 ?? artifact.sha256) == artifact.sha256
                && (query.deviceType.map(artifact.deviceTypes.contains) ?? true)
        }
    }
}

extension AdminArtifact {
    init(_ artifact: StoredArtifact) {
        self.init(
            id: artifact.id, release: artifact.name, description: artifact.description, sha256: artifact.sha256,
            size: artifact.size, modifiedAt: RFC3339.text(artifact.modifiedAt), deviceTypes: artifact.deviceTypes,
            depends: artifact.depends, provides: artifact.provides, clears: artifact.clears,
            type: artifact.payloadType,
            files: artifact.files.map { file in
                AdminArtifactFile(
                    name: file.name, size: file.size, sha256: file.sha256, modifiedAt: RFC3339.text(file.modifiedAt))
            },
            metaData: try? JSONValue(parsing: Array(artifact.metadata.utf8)), scripts: artifact.scripts,
            signature: artifact.signature.rawValue)
    }
}
