internal import AdminAPI
internal import Encoding
internal import HubHTTP
internal import Hummingbird
internal import Journal
internal import Updates

extension AdminRoutes {
    /// What the hub keeps to install.
    func addArtifacts(to group: RouterGroup<HubContext>) {
        group.serve(ArtifactEndpoints.list) { request in
            let paging = try Paging(request.query)
            let offset = try paging.offset()
            let artifacts = Self.chosen(from: try await artifacts.all(), by: request.query)
            let end = min(artifacts.count, offset + paging.limit)
            return AdminPage(
                items: artifacts[min(offset, end)..<end].map(AdminArtifact.init),
                after: end < artifacts.count ? "\(end)" : nil)
        }
        group.serve(ArtifactEndpoints.show) { request in AdminArtifact(try await artifact(request.parameters)) }
        group.serve(ArtifactEndpoints.download) { request in
            let artifact = try await artifact(request.parameters)
            let file = try OpenFile(artifacts.file(of: artifact))
            return FileAnswer.make(
                to: request.http, size: file.size, tag: artifact.sha256,
                contentType: artifact.format == .mender
                    ? "application/vnd.mender-artifact" : "application/octet-stream"
            ) { range in FileBody(file, range: range, on: request.context.eventLoop).body() }
        }
        group.serve(ArtifactEndpoints.remove) { request in
            try await artifacts.remove(try artifact(request.parameters).id, by: request.requester)
        }
        group.serve(ArtifactEndpoints.prune) { request in
            let prune = try await request.body()
            guard (0...1_000_000).contains(prune.keep), (0...100_000).contains(prune.olderThanDays ?? 0) else {
                throw AdminError.badRequest("keep and olderThanDays must not be negative")
            }
            let removed = try await artifacts.prune(
                keep: prune.keep, olderThan: journal.now() + 1 - Int64(prune.olderThanDays ?? 0) * 86_400,
                isRehearsal: prune.dryRun ?? false, by: request.requester)
            return AdminPage(items: removed.map(AdminArtifact.init), after: nil)
        }
    }

    private func artifact(_ id: String) async throws -> StoredArtifact {
        try await artifacts.artifact(id.lowercased())
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
            signature: artifact.signature.rawValue, format: artifact.format.rawValue,
            firmware: artifact.firmware.map(AdminFirmware.init), archive: artifact.isArchive ? true : nil)
    }
}
