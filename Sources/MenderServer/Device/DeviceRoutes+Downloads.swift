internal import Encoding
internal import HTTPTypes
internal import HubHTTP
internal import Hummingbird
internal import NIOCore
internal import PKI
internal import Releases
internal import Updates

extension DeviceRoutes {
    /// Downloads by link (docs/protocols/mender.md 7.2): no token, exact lengths, resumable.
    func addDownloads(to group: RouterGroup<HubContext>) {
        for method in [HTTPRequest.Method.get, .head] {
            group.on("v1/deployments/download/artifact/:id", method: method) { request, context in
                let link = try await link(.artifact, request, context)
                return try await send(link, request, context)
            }
        }
        for method in [HTTPRequest.Method.get, .head] {
            group.on("v1/deployments/download/configuration/:id", method: method) { request, context in
                try await sendConfiguration(try link(.configuration, request, context), request, context)
            }
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
        return Self.answer(request, size: Int64(bytes.count), tag: Hex.encode(SHA256.hash(bytes))) { range in
            .init(byteBuffer: ByteBuffer(bytes: bytes[Int(range.lowerBound)..<Int(range.upperBound)]))
        }
    }

    /// The part of an artifact that a request asks for, as it asks for it.
    private static func answer(
        _ request: Request, size: Int64, tag: String, body: (Range<Int64>) -> ResponseBody
    ) -> Response {
        FileAnswer.make(to: request, size: size, tag: tag, contentType: "application/vnd.mender-artifact", body: body)
    }

    /// The link of a request.
    ///
    /// - Throws: 403 for one that was not made here, has ended, or whose device is shut out.
    func link(_ kind: DownloadKind, _ request: Request, _ context: HubContext) async throws -> DownloadLink {
        let query = try QueryItems(request)
        let link = DownloadLink(
            subject: kind.subject(try context.pathParameter("id")), deviceID: query.first("device") ?? "",
            keyID: query.first("key") ?? "",
            expiresAt: query.first("expire").flatMap(Int64.init) ?? 0, signature: query.first("sig") ?? "")
        let artifact = kind == .artifact ? try context.pathParameter("id") : nil
        guard (try? await updates.isGood(link, artifact: artifact)) ?? false else { throw MenderError.forbidden }
        return link
    }

    private func send(_ link: DownloadLink, _ request: Request, _ context: HubContext) async throws -> Response {
        guard link.deviceID.isEmpty || updates.downloads.count(of: link.deviceID) < Self.downloadLimit else {
            throw MenderError.tooMany(seconds: 60)
        }
        let artifact: StoredArtifact
        do {
            artifact = try await artifacts.artifact(try context.pathParameter("id"))
        } catch is UpdatesError {
            throw MenderError.notFound("artifact not found")
        }
        let path = artifacts.file(of: artifact)
        let file = try await BlockingWork.run { try OpenFile(path) }
        let watch = try await updates.gateWatch(of: artifact)
        return Self.answer(request, size: file.size, tag: artifact.sha256) { range in
            body(of: file, artifact, watch, range, link, context)
        }
    }

    /// Downloads of one device at the same time: it needs one, and another after a connection that it has given up.
    private static let downloadLimit = 8

    /// A part of a file, sent as long as the device is admitted and nothing changes that says who may have it.
    private func body(
        of file: OpenFile, _ artifact: StoredArtifact, _ watch: GateWatch?, _ range: Range<Int64>,
        _ link: DownloadLink, _ context: HubContext
    ) -> ResponseBody {
        let download = ActiveDownloads.Download(onStop: context.hangUp)
        let content = FileBody(file, range: range, on: context.eventLoop) {
            !download.mustStop && watch?.isUnchanged ?? true
        }.body { [downloads = updates.downloads] in
            downloads.end(download, of: link.deviceID)
        }
        return ResponseBody(contentLength: range.count) { [updates] writer in
            // Only here: an answer whose peer has gone is never written, and would count for good.
            updates.downloads.begin(download, of: link.deviceID)
            // The device may have been shut out since its link was looked at, before anybody could stop this.
            guard try await updates.isGood(link, artifact: artifact.id) else {
                updates.downloads.end(download, of: link.deviceID)
                throw MenderError.forbidden
            }
            try await content.write(writer)
        }
    }
}
