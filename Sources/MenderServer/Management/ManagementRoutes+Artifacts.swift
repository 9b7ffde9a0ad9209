internal import Devices
internal import Encoding
internal import HTTPTypes
internal import HubHTTP
internal import Hummingbird
internal import NIOCore
internal import People
internal import Updates

extension ManagementRoutes {
    /// Artifacts (docs/protocols/mender.md 12.4).
    func addArtifacts(to group: RouterGroup<HubContext>) {
        group.get("v1/deployments/artifacts") { request, _ in
            let artifacts = try await artifacts(try QueryItems(request))
            return MenderBody.answer(headers: [.totalCount: "\(artifacts.count)"]) { writer in
                writer.array { writer in artifacts.forEach { ArtifactText.write($0, to: &writer) } }
            }
        }
        for path in ["v1/deployments/artifacts/list", "v2/deployments/artifacts"] {
            group.get(RouterPath(path)) { request, _ in
                let artifacts = try await artifacts(try QueryItems(request))
                let page = try PageRequest(request)
                return MenderBody.answer(headers: page.headers(total: artifacts.count)) { writer in
                    writer.array { writer in page.slice(artifacts).forEach { ArtifactText.write($0, to: &writer) } }
                }
            }
        }
        group.get("v1/deployments/artifacts/:id") { _, context in
            let artifact = try await artifacts.artifact(try context.identityID())
            return MenderBody.answer { writer in ArtifactText.write(artifact, to: &writer) }
        }
        group.get("v1/deployments/artifacts/:id/download") { request, context in
            let artifact = try await artifacts.artifact(try context.identityID())
            let link = updates.link(
                to: DownloadKind.artifact.subject(artifact.id), for: "", key: "",
                seconds: Updates.operatorLinkSeconds)
            return MenderBody.answer { writer in
                writer.object { writer in
                    writer.member("uri", origin(request, context) + DownloadKind.artifact.path(link))
                    writer.member("expire", RFC3339.text(link.expiresAt))
                }
            }
        }
        group.get("v1/deployments/limits/storage") { _, _ in
            let usage = try await artifacts.storage()
            return MenderBody.answer { writer in
                writer.object { writer in
                    writer.member("limit", updates.limits.storageBytes)
                    writer.member("usage", usage)
                }
            }
        }
        addArtifactChanges(to: group.needing(.operator).group("v1/deployments/artifacts"))
    }

    private func addArtifactChanges(to group: RouterGroup<HubContext>) {
        group.post("", use: upload)
        for path in ["directupload", "directupload/:id/complete"] {
            // Needs an object store beside the server, which a hub has not.
            group.post(RouterPath(path)) { _, _ -> Response in throw MenderError.notImplemented }
        }
        group.put(":id") { request, context in
            let body = try await MenderBody.json(request, limits: JSONLimits(bytes: 64 * 1024))
            guard let text = body["description"]?.string else {
                throw MenderError.badRequest("description must be given")
            }
            do {
                try await artifacts.describe(try context.identityID(), as: text, by: context.requester)
            } catch UpdatesError.artifactInUse {
                throw MenderError.unprocessable("Artifact metadata can not be updated: it is used in a deployment")
            }
            return Response(status: .noContent)
        }
        group.delete(":id") { _, context in
            try await artifacts.remove(try context.identityID(), by: context.requester)
            return Response(status: .noContent)
        }
    }

    private func upload(_ request: Request, _ context: HubContext) async throws -> Response {
        guard let boundary = MultipartForm.boundary(request.headers[.contentType]) else {
            throw MenderError.unsupportedType
        }
        let form = try await UploadForm.read(request, boundary: boundary, fileField: "artifact", artifacts)
        let artifact = try await artifacts.finish(
            form.upload, id: form.fields["artifact_id"], description: form.fields["description"] ?? "",
            by: context.requester)
        return Response(
            status: .created,
            headers: [.location: "/\(Self.base)/v1/deployments/artifacts/\(artifact.id)"])
    }

    private func artifacts(_ query: QueryItems) async throws -> [StoredArtifact] {
        var artifacts = try await artifacts.all()
        if let name = query.first("name") { artifacts.removeAll { !Self.matches($0.name, name) } }
        if let text = query.first("description") { artifacts.removeAll { !$0.description.contains(text) } }
        if let type = query.first("device_type") { artifacts.removeAll { !$0.deviceTypes.contains(type) } }
        switch query.first("sort") {
        case "name:desc": artifacts.reverse()
        case "modified:asc": artifacts.sort { $0.modifiedAt < $1.modifiedAt }
        case "modified:desc": artifacts.sort { $0.modifiedAt > $1.modifiedAt }
        default: break
        }
        return artifacts
    }

    /// A name, or its beginning followed by `*`.
    static func matches(_ name: String, _ pattern: String) -> Bool {
        pattern.hasSuffix("*") ? name.hasPrefix(pattern.dropLast()) : name == pattern
    }
}
