internal import HTTPTypes
internal import HubHTTP
internal import Hummingbird
internal import NIOCore
internal import Updates

extension DeviceRoutes {
    /// Downloads by link (spec/mender.md 7.2): no token, exact lengths, resumable.
    func addDownloads(to group: RouterGroup<HubContext>) {
        for method in [HTTPRequest.Method.get, .head] {
            group.on("v1/deployments/download/artifact/:id", method: method) { request, context in
                let link = try link(.artifact, request, context)
                return try send(link, request, context)
            }
        }
        group.get("v1/deployments/download/configuration/:id") { request, context in
            try await sendConfiguration(try link(.configuration, request, context), request, context)
        }
    }

    /// Small, and made for the device: it is in memory as a whole.
    private func sendConfiguration(
        _ link: DownloadLink, _ request: Request, _ context: HubContext
    ) async throws -> Response {
        let bytes: [UInt8]
        do {
            bytes = try await updates.configurationArtifact(
                of: try context.pathParameter("id"), device: link.deviceID)
        } catch is UpdatesError {
            throw MenderError.notFound("deployment not found")
        }
        var headers: HTTPFields = [.contentType: "application/vnd.mender-artifact", .acceptRanges: "bytes"]
        let size = Int64(bytes.count)
        guard case .part(let range) = ByteRange.read(request.headers[.range] ?? "", size: size) else {
            return Response(status: .ok, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: bytes)))
        }
        headers[.contentRange] = "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(size)"
        let part = bytes[Int(range.lowerBound)..<Int(range.upperBound)]
        return Response(
            status: .partialContent, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: part)))
    }

    /// The link of a request.
    ///
    /// - Throws: 403 for one that was not made here, has ended, or whose device is shut out.
    func link(_ kind: DownloadKind, _ request: Request, _ context: HubContext) throws -> DownloadLink {
        let query = try QueryItems(request)
        let link = DownloadLink(
            subject: kind.subject(try context.pathParameter("id")), deviceID: query.first("device") ?? "",
            expiresAt: query.first("expire").flatMap(Int64.init) ?? 0, signature: query.first("sig") ?? "")
        guard try updates.isGood(link) else { throw MenderError.forbidden }
        return link
    }

    private func send(_ link: DownloadLink, _ request: Request, _ context: HubContext) throws -> Response {
        let artifact: StoredArtifact
        do {
            artifact = try updates.artifact(try context.pathParameter("id"))
        } catch is UpdatesError {
            throw MenderError.notFound("artifact not found")
        }
        let file = try OpenFile(updates.file(of: artifact))
        return FileAnswer.make(
            to: request, size: file.size, tag: artifact.sha256, contentType: "application/vnd.mender-artifact"
        ) { range in
            let download = updates.downloads.begin(of: link.deviceID)
            return FileBody(file, range: range, on: context.eventLoop) { !download.mustStop }.body {
                [downloads = updates.downloads] in
                downloads.end(download, of: link.deviceID)
            }
        }
    }
}
