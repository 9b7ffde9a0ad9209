internal import AdminAPI
internal import HubHTTP
internal import Hummingbird
internal import NIOCore
internal import Updates

extension AdminRoutes {
    /// Artifacts on their way in. An upload survives broken connections and restarts of the hub for a day, and nobody
    /// sees anything of it before it was finished and checked.
    func addUploads(to group: RouterGroup<HubContext>) {
        group.serve(UploadEndpoints.begin) { request in
            let begin = try await request.body()
            let upload = try await BlockingWork.run { [artifacts] in
                guard let digest = begin.sha256 else { return try artifacts.beginUpload() }
                return try artifacts.beginUpload(of: digest, isContinued: begin.resume ?? false)
            }
            return try Self.view(upload)
        }
        group.serve(UploadEndpoints.show) { request in try Self.view(try artifacts.upload(request.parameters)) }
        group.serve(UploadEndpoints.append) { request in
            let upload = try artifacts.upload(request.parameters)
            guard let offset = request.query.offset?.number, offset >= 0 else {
                throw AdminError.badRequest("offset must be the number of bytes the upload has")
            }
            let sink = try await upload.append(at: offset)
            defer { sink.release() }
            var writing = GatheredWriting { bytes in
                try unsafe bytes.withUnsafeBytes { try unsafe sink.write($0) }
            }
            do {
                for try await chunk in request.http.body { try await writing.take(chunk.readableBytesView) }
                try await writing.end { try sink.flush() }
            } catch let error as UpdatesError {
                // It will never be complete, and must not take room until it is swept.
                artifacts.abandon(upload)
                throw error
            } catch {
                // What a lost peer has sent is worth keeping: it goes on from there.
                try? await writing.end { try sink.flush() }
                throw error
            }
            return try Self.view(upload)
        }
        group.serve(UploadEndpoints.finish) { request in
            let upload = try artifacts.upload(request.parameters)
            let end = try await request.body()
            let artifact = try await artifacts.finish(
                upload, description: end.description ?? "", digest: end.sha256,
                raw: try end.raw.map { try RawFirmware($0) }, isArchive: end.archive ?? false, by: request.requester)
            return AdminArtifact(artifact)
        }
        group.serve(UploadEndpoints.abandon) { request in artifacts.abandon(try artifacts.upload(request.parameters)) }
    }

    private static func view(_ upload: ArtifactUpload) throws -> AdminUpload {
        AdminUpload(id: upload.id, offset: try upload.offset())
    }
}
