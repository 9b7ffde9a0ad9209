internal import Encoding
internal import HTTPTypes
internal import HubHTTP
internal import Hummingbird
internal import People
internal import Updates

/// A release as listings show it: all artifacts of one name.
private struct ListedRelease {
    let name: String
    var artifacts: [StoredArtifact]
    var notes: ReleaseNotes?
    var modifiedAt: Int64 { artifacts.map(\.modifiedAt).max() ?? 0 }
}

extension ManagementRoutes {
    /// Releases: artifacts by name (docs/protocols/mender.md 12.4), with the capital letters of version 1.
    func addReleases(to group: RouterGroup<HubContext>) {
        for path in ["v1/deployments/deployments/releases", "v1/deployments/releases"] {
            group.get(RouterPath(path)) { request, _ in
                let releases = try await releases(try QueryItems(request))
                return MenderBody.answer { writer in
                    writer.array { writer in releases.forEach { Self.writeOld($0, to: &writer) } }
                }
            }
            group.get(RouterPath(path + "/list")) { request, _ in
                let releases = try await releases(try QueryItems(request))
                let page = try PageRequest(request)
                return MenderBody.answer(headers: page.headers(total: releases.count)) { writer in
                    writer.array { writer in page.slice(releases).forEach { Self.writeOld($0, to: &writer) } }
                }
            }
        }
        for path in ["v2/deployments/deployments/releases", "v2/deployments/releases"] {
            addReleases(at: group.group(RouterPath(path)))
        }
        group.get("v2/deployments/releases/all/tags") { _, _ in
            Self.list(try await releases(nil).flatMap { $0.notes?.tags ?? [] })
        }
        group.get("v2/deployments/releases/all/types") { _, _ in
            Self.list(try await releases(nil).flatMap { $0.artifacts.compactMap(\.payloadType) })
        }
    }

    private func addReleases(at group: RouterGroup<HubContext>) {
        group.get("") { request, _ in
            let releases = try await releases(try QueryItems(request))
            let page = try PageRequest(request)
            return MenderBody.answer(headers: page.headers(total: releases.count)) { writer in
                writer.array { writer in page.slice(releases).forEach { Self.write($0, to: &writer) } }
            }
        }
        group.get(":name") { _, context in
            let name = try context.pathParameter("name")
            guard let release = try await releases(nil).first(where: { $0.name == name }) else {
                throw MenderError.notFound("release not found")
            }
            return MenderBody.answer { writer in Self.write(release, to: &writer) }
        }
        let changes = group.needing(.operator)
        changes.delete("") { request, context in
            let names = try QueryItems(request).all("name")
            guard !names.isEmpty else { throw MenderError.badRequest("name must be given") }
            return try await remove(names, context)
        }
        changes.patch(":name") { request, context in
            let body = try await MenderBody.json(request, limits: JSONLimits(bytes: 64 * 1024))
            guard let notes = body["notes"]?.string else { throw MenderError.badRequest("notes must be given") }
            try await annotate(try context.pathParameter("name"), notes: notes, nil, context)
            return Response(status: .noContent)
        }
        changes.put(":name/tags") { request, context in
            let body = try await MenderBody.json(request, limits: JSONLimits(bytes: 64 * 1024))
            guard let tags = body.array?.compactMap(\.string), tags.count == body.array?.count else {
                throw MenderError.badRequest("the body must be an array of strings")
            }
            try await annotate(try context.pathParameter("name"), notes: nil, tags, context)
            return Response(status: .noContent)
        }
    }

    private func remove(_ names: [String], _ context: HubContext) async throws -> Response {
        do {
            try await artifacts.removeReleases(names, by: context.requester)
        } catch UpdatesError.artifactInUse {
            var open: [String] = []
            for name in names {
                var query = DeploymentQuery()
                query.search = name
                query.limit = PageRequest.limit
                for state in [Deployment.State.pending, .inProgress] {
                    query.state = state
                    open += try await updates.deployments(query).deployments.filter { $0.artifactName == name }.map(
                        \.id)
                }
            }
            return MenderBody.answer(.conflict) { writer in
                writer.object { writer in
                    writer.member("error", "releases are used in deployments that are not finished")
                    writer.name("active_deployments")
                    writer.array { writer in open.forEach { writer.string($0) } }
                }
            }
        }
        return Response(status: .noContent)
    }

    private func annotate(_ name: String, notes: String?, _ tags: [String]?, _ context: HubContext) async throws {
        do {
            try await artifacts.annotate(name, notes: notes, tags: tags, by: context.requester)
        } catch UpdatesError.noArtifact {
            throw MenderError.notFound("release not found")
        }
    }

    private func releases(_ query: QueryItems?) async throws -> [ListedRelease] {
        let notes = try await artifacts.releaseNotes()
        var releases: [ListedRelease] = []
        // Archives beside the firmware are nothing to deploy.
        for artifact in try await artifacts.all() where !artifact.isArchive {
            if releases.last?.name == artifact.name {
                releases[releases.count - 1].artifacts.append(artifact)
            } else {
                releases.append(ListedRelease(name: artifact.name, artifacts: [artifact], notes: notes[artifact.name]))
            }
        }
        guard let query else { return releases }
        if let name = query.first("name") { releases.removeAll { !Self.matches($0.name, name) } }
        if let text = query.first("description") {
            releases.removeAll { release in !release.artifacts.contains { $0.description.contains(text) } }
        }
        if let type = query.first("device_type") {
            releases.removeAll { release in !release.artifacts.contains { $0.deviceTypes.contains(type) } }
        }
        if let type = query.first("update_type") {
            releases.removeAll { release in !release.artifacts.contains { $0.payloadType == type } }
        }
        let tags = query.all("tag").filter { !$0.isEmpty }
        if !tags.isEmpty { releases.removeAll { Set($0.notes?.tags ?? []).isDisjoint(with: tags) } }
        switch query.first("sort") {
        case "name:desc": releases.reverse()
        case "modified:asc": releases.sort { $0.modifiedAt < $1.modifiedAt }
        case "modified:desc": releases.sort { $0.modifiedAt > $1.modifiedAt }
        default: break
        }
        return releases
    }

    private static func list(_ words: [String]) -> Response {
        MenderBody.answer { writer in
            writer.array { writer in Set(words).sorted().forEach { writer.string($0) } }
        }
    }

    private static func writeOld(_ release: ListedRelease, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("Name", release.name)
            writer.member("modified", RFC3339.text(release.modifiedAt))
            writer.name("Artifacts")
            writer.array { writer in release.artifacts.forEach { ArtifactText.write($0, to: &writer) } }
            writer.member("ArtifactsCount", Int64(release.artifacts.count))
        }
    }

    private static func write(_ release: ListedRelease, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("name", release.name)
            writer.member("modified", RFC3339.text(release.modifiedAt))
            writer.name("artifacts")
            writer.array { writer in release.artifacts.forEach { ArtifactText.write($0, to: &writer) } }
            writer.member("artifacts_count", Int64(release.artifacts.count))
            writer.name("tags")
            writer.array { writer in release.notes?.tags.forEach { writer.string($0) } }
            writer.member("notes", release.notes?.notes ?? "")
        }
    }
}
