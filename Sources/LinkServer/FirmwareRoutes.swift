internal import HTTPTypes
package import HubHTTP
package import Hummingbird
internal import Releases
package import Updates

/// Downloads of firmware by link (docs/protocols/device-link.md 7.2): the address is the credential, lengths are exact,
/// and a download goes on where it was.
package struct FirmwareRoutes: Sendable {
    private let updates: Updates
    private let artifacts: Artifacts

    /// Downloads of one device at the same time: it needs one, and another after a connection that it has given up.
    private static let downloadLimit = 8
    private static let suffix = ".fw"

    package init(updates: Updates, artifacts: Artifacts) {
        (self.updates, self.artifacts) = (updates, artifacts)
    }

    package func add(to router: Router<HubContext>) {
        for method in [HTTPRequest.Method.get, .head] {
            router.on("fw/:file", method: method) { request, context in try await send(request, context) }
        }
    }

    private func send(_ request: Request, _ context: HubContext) async throws -> Response {
        let link = try Self.link(request, context)
        guard let artifact = try await updates.firmware(of: link) else { throw Self.forbidden }
        guard updates.downloads.count(of: link.deviceID) < Self.downloadLimit else {
            return Response(status: .tooManyRequests, headers: [.retryAfter: "60"])
        }
        let path = artifacts.file(of: artifact)
        let file = try await BlockingWork.run { try OpenFile(path) }
        let watch = try await updates.gateWatch(of: artifact)
        return FileAnswer.make(
            to: request, size: file.size, tag: artifact.sha256, contentType: "application/octet-stream"
        ) { range in body(of: file, watch, range, link, context) }
    }

    /// A part of a file, sent as long as the device is admitted and nothing changes that says who may have it.
    private func body(
        of file: OpenFile, _ watch: GateWatch?, _ range: Range<Int64>, _ link: FirmwareLink, _ context: HubContext
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
            guard try await updates.firmware(of: link) != nil else {
                updates.downloads.end(download, of: link.deviceID)
                throw Self.forbidden
            }
            try await content.write(writer)
        }
    }

    /// The link of a request, whatever it is worth.
    private static func link(_ request: Request, _ context: HubContext) throws -> FirmwareLink {
        let file = try context.pathParameter("file")
        let query = request.uri.queryParameters
        guard file.hasSuffix(suffix), let end = query["e"].flatMap({ Int64($0) }), let device = query["d"],
            let signature = query["s"]
        else { throw forbidden }
        return FirmwareLink(
            uuid: String(file.dropLast(suffix.count)), deviceID: String(device), expiresAt: end,
            signature: String(signature))
    }

    private static var forbidden: HTTPError { HTTPError(.forbidden, message: "the link is not valid, or has ended") }
}
