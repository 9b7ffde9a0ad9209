internal import AdminAPI
internal import Encoding
internal import HubHTTP
internal import Hummingbird
internal import Registry
internal import Updates

extension AdminRoutes {
    /// What the hub keeps to install.
    func addArtifacts(to group: RouterGroup<HubContext>) {
        group.get("artifacts") { request, _ in
            let paging = try Paging(request)
            let offset = try paging.offset()
            let artifacts = Self.chosen(from: try await updates.artifacts(), by: request)
            let end = min(artifacts.count, offset + paging.limit)
            return try JSONBody.encode(
                AdminPage(
                    items: artifacts[min(offset, end)..<end].map(AdminArtifact.init),
                    after: end < artifacts.count ? "\(end)" : nil))
        }
        group.get("artifacts/:id") { _, context in
            try JSONBody.encode(AdminArtifact(try artifact(context)))
        }
        group.get("artifacts/:id/download") { request, context in
            let artifact = try artifact(context)
            let file = try OpenFile(updates.file(of: artifact))
            return FileAnswer.make(
                to: request, size: file.size, tag: artifact.sha256, contentType: "application/vnd.mender-artifact"
            ) { range in FileBody(file, range: range, on: context.eventLoop).body() }
        }
        group.delete("artifacts/:id") { _, context in
            try await updates.removeArtifact(try artifact(context).id, by: context.peer.requester)
            return Response(status: .noContent)
        }
        group.post("artifacts/prune") { request, context in
            let asked = try await JSONBody.decode(AdminPrune.self, from: request)
            guard (0...1_000_000).contains(asked.keep), (0...100_000).contains(asked.olderThanDays ?? 0) else {
                throw AdminError.badRequest("keep and olderThanDays are counts, not negative")
            }
            let removed = try await updates.prune(
                keep: asked.keep, olderThan: registry.journal.now() + 1 - Int64(asked.olderThanDays ?? 0) * 86_400,
                isRehearsal: asked.dryRun ?? false, by: context.peer.requester)
            return try JSONBody.encode(AdminPage(items: removed.map(AdminArtifact.init), after: nil))
        }
    }

    private func artifact(_ context: HubContext) throws -> StoredArtifact {
        try updates.artifact(try context.pathParameter("id").lowercased())
    }

    private static func chosen(from artifacts: [StoredArtifact], by request: Request) -> [StoredArtifact] {
        let query = request.uri.queryParameters
        let (release, type, digest) = (query.get("release"), query.get("deviceType"), query.get("sha256"))
        return artifacts.filter { artifact in
            (release ?? artifact.name) == artifact.name && (digest ?? artifact.sha256) == artifact.sha256
                && (type.map(artifact.deviceTypes.contains) ?? true)
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
