internal import AdminAPI
internal import HubHTTP
internal import Hummingbird
internal import NIOCore
internal import Updates

extension AdminRoutes {
    /// Artifacts on their way in. An upload survives broken connections and restarts of the hub for a day, and nobody
    /// sees anything of it before it was finished and checked.
    func addUploads(to group: RouterGroup<HubContext>) {
        group.post("artifacts/uploads") { request, _ in
            let asked = try await JSONBody.decode(AdminUploadBegin.self, from: request)
            let upload = try await BlockingWork.run { [updates] in
                guard let digest = asked.sha256 else { return try updates.beginUpload() }
                return try updates.beginUpload(of: digest, isContinued: asked.resume ?? false)
            }
            return try JSONBody.encode(try Self.view(upload), status: .created)
        }
        group.get("artifacts/uploads/:id") { _, context in
            try JSONBody.encode(try Self.view(try updates.upload(context.pathParameter("id"))))
        }
        group.patch("artifacts/uploads/:id") { request, context in
            let upload = try updates.upload(context.pathParameter("id"))
            guard let offset = request.uri.queryParameters.get("offset").flatMap({ Int64($0) }), offset >= 0 else {
                throw AdminError.badRequest("offset must be the number of bytes the upload has")
            }
            let sink = try upload.append(at: offset)
            defer { sink.release() }
            var writing = GatheredWriting { bytes in
                try unsafe bytes.withUnsafeBytes { try unsafe sink.write($0) }
            }
            do {
                for try await chunk in request.body { try await writing.take(chunk.readableBytesView) }
                try await writing.end { try sink.flush() }
            } catch let error as UpdatesError {
                // It will never be complete, and must not take room until it is swept.
                updates.abandon(upload)
                throw error
            } catch {
                // What a lost peer has sent is worth keeping: it goes on from there.
                try? await writing.end { try sink.flush() }
                throw error
            }
            return try JSONBody.encode(try Self.view(upload))
        }
        group.post("artifacts/uploads/:id/finish") { request, context in
            let upload = try updates.upload(context.pathParameter("id"))
            let asked = try await JSONBody.decode(AdminUploadFinish.self, from: request)
            let artifact = try await updates.finish(
                upload, description: asked.description ?? "", digest: asked.sha256, by: context.peer.requester)
            return try JSONBody.encode(AdminArtifact(artifact), status: .created)
        }
        group.delete("artifacts/uploads/:id") { _, context in
            updates.abandon(try updates.upload(context.pathParameter("id")))
            return Response(status: .noContent)
        }
    }

    private static func view(_ upload: ArtifactUpload) throws -> AdminUpload {
        AdminUpload(id: upload.id, offset: try upload.offset())
    }
}
