internal import CoSigning
internal import Encoding
internal import Files
internal import HTTPTypes
package import HubHTTP
package import Hummingbird
internal import Journal
internal import PKI
package import Releases
package import Updates

/// What a device asks with its certificate: which release it may install now, its file, the keys to trust
/// (docs/protocols/cosign.md 6).
package struct DeviceReleaseRoutes: Sendable {
    private let releases: Releases
    private let updates: Updates
    private let artifacts: Artifacts
    /// Reports of a device are durable, so how many it may send is bounded.
    private let reports = RateBudget(burst: 60)
    private let steady: @Sendable () -> Int64

    /// - Parameter steady: seconds of a clock that nobody sets.
    package init(
        releases: Releases, updates: Updates, artifacts: Artifacts, steady: @escaping @Sendable () -> Int64
    ) {
        (self.releases, self.updates, self.artifacts, self.steady) = (releases, updates, artifacts, steady)
    }

    package func add(to router: Router<HubContext>) {
        let group = router.group("cosign/v1").add(middleware: ErrorAnswers(CoSignForm()))
        group.get("device/release", use: release)
        group.post("device/report", use: report)
        for method in [HTTPRequest.Method.get, .head] {
            group.on("device/artifacts/:sha256", method: method, use: artifact)
        }
        group.get("trust") { request, context in
            guard let asker = try await asker(request, context) else { throw NotFound() }
            if let text = request.query("version") {
                guard let version = Self.version(text),
                    let document = try await releases.trust(version: version, project: asker.project.record.id)
                else { throw NotFound() }
                return CoSignAnswer.json(document)
            }
            // Only of a damaged store.
            guard let trust = try? asker.project.trustedKeys() else { throw CoSignRefusal.suspended }
            return CoSignAnswer.json(trust.json)
        }
        group.get("keysets/:version") { request, context in
            guard let asker = try await asker(request, context),
                let version = Self.version(try context.pathParameter("version")),
                let message = try await releases.keySet(version: version, project: asker.project.record.id)
            else { throw NotFound() }
            return CoSignAnswer.message(message)
        }
    }

    /// - Throws: 403 without a device's certificate; `device_revoked`.
    private func asker(_ request: Request, _ context: HubContext) async throws -> Releases.Asker? {
        let type = request.query("type")
        guard type.map({ (1...128).contains($0.utf8.count) }) ?? true else { throw CoSignRefusal.badRequest }
        return try await releases.asker(try Self.device(context), claimedType: type)
    }

    private static func device(_ context: HubContext) throws(CoSignRefusal) -> String {
        guard context.peer.role == .iotdevice, let certificate = context.peer.certificate else {
            throw .unauthenticated
        }
        return certificate.subject.commonName
    }

    private func release(_ request: Request, context: HubContext) async throws -> Response {
        // Who asks comes first: others are told nothing about their queries.
        _ = try Self.device(context)
        guard let stream = request.query("stream"), ReleaseClaims.isStream(stream) else {
            throw CoSignRefusal.badRequest
        }
        let nonce = request.query("nonce")
        guard nonce.map(Self.isNonce) ?? true else { throw CoSignRefusal.badRequest }
        guard let asker = try await asker(request, context) else { return Response(status: .noContent) }
        for offer in try await releases.offers(to: asker, stream: stream) {
            let rollout = try await updates.rollout(ofFile: offer.record.sha256, to: asker.id)
            if rollout == .notMember { continue }
            var deployment: String?
            if case .member(let id)? = rollout { deployment = id }
            do {
                let message = try await releases.authorize(offer, nonce: nonce, deployment: deployment)
                return CoSignAnswer.message(message.encoded())
            } catch CoSignRefusal.policy {
                // Signed for others, or not valid yet.
                continue
            }
        }
        return Response(status: .noContent)
    }

    /// A version in its one form: digits without a sign or leading zeros.
    private static func version(_ text: String) -> Int64? {
        Int64(text).flatMap { "\($0)".utf8.elementsEqual(text.utf8) ? $0 : nil }
    }

    /// 22 to 64 characters of base64url.
    private static func isNonce(_ text: String) -> Bool {
        (22...64).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                    || byte == 0x2D || byte == 0x5F
            }
    }

    /// The file of a release that the device may have.
    private func artifact(_ request: Request, context: HubContext) async throws -> Response {
        let device = try Self.device(context)
        let digest = try context.pathParameter("sha256")
        guard let asker = try await asker(request, context),
            let watch = try await releases.watch(types: [asker.type]),
            try await releases.mayFetch(digest, asker), let artifact = try await artifacts.artifact(sha256: digest)
        else { throw NotFound() }
        guard updates.downloads.count(of: device) < Self.downloadLimit else { throw TooMany(seconds: 60) }
        let path = artifacts.file(of: artifact)
        let file = try await BlockingWork.run { try OpenFile(path) }
        return FileAnswer.make(
            to: request, size: file.size, tag: digest, contentType: "application/octet-stream"
        ) { range in
            let download = ActiveDownloads.Download(onStop: context.hangUp)
            let content = FileBody(file, range: range, on: context.eventLoop) {
                !download.mustStop && watch.isUnchanged && context.peerStillCounts
            }.body { [downloads = updates.downloads] in downloads.end(download, of: device) }
            return ResponseBody(contentLength: range.count) { [downloads = updates.downloads] writer in
                downloads.begin(download, of: device)
                try await content.write(writer)
            }
        }
    }

    /// Downloads of one device at the same time.
    private static let downloadLimit = 8

    /// What became of a release on a device.
    private func report(_ request: Request, context: HubContext) async throws -> Response {
        let device = try Self.device(context)
        if let seconds = reports.take(device, interval: 10, now: steady()) { throw TooMany(seconds: seconds) }
        let body = try await CoSignBody.read(request)
        guard let report = DeviceReleaseReport(body) else { throw CoSignRefusal.badRequest }
        try await releases.note(report, of: device, by: context.peer.requester)
        if let deployment = report.deployment {
            try await updates.noteRelease(
                deployment, device, hasFailed: report.error != nil, by: context.peer.requester)
        }
        return Response(status: .noContent)
    }
}

/// 404.
private struct NotFound: RouteError {
    var status: HTTPResponse.Status { .notFound }
    var code: String { "not_found" }
    var message: String { "" }
}

/// 429.
struct TooMany: RouteError {
    let seconds: Int64
    var status: HTTPResponse.Status { .tooManyRequests }
    var code: String { "too_many_requests" }
    var message: String { "" }
    var headers: HTTPFields { [.retryAfter: "\(seconds)"] }
}
