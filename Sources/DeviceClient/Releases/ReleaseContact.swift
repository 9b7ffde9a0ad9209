internal import CoSigning
internal import Encoding
internal import Transport
internal import Wire

/// What a device asks its hub of releases (docs/protocols/cosign.md 6, "Own endpoints"), over a connection on which
/// both have shown their certificates.
struct ReleaseContact {
    private var session: HubSession
    /// The device's hardware, for a hub that does not know it.
    private let type: String?

    /// Longest answer that is read: one byte more than a message may have, so that a longer one is seen.
    static let bodyLimit = CoSignLimits.message + 1

    init(_ session: HubSession, type: String?) {
        self.session = session
        self.type = type
    }

    var hub: HubCandidate { session.hub }

    func close() { session.close() }

    /// The trust store of the device's project.
    ///
    /// - Parameter version: as it was then, so that the key sets after it can be followed; `nil` for the newest, which
    ///   is also the answer of a hub that never had that version (one that was set up anew).
    mutating func trust(version: Int64?) async throws(DeviceError) -> JSONValue {
        if let version {
            let answer = try await get("/cosign/v1/trust", ["version=\(version)"])
            if answer.status != 404 {
                let document = try trust(answer)
                guard document["version"]?.integer.map({ $0 == version }) ?? true else {
                    throw .hubFault(hub, reason: "its keys of releases are not of version \(version)")
                }
                return document
            }
        }
        return try trust(try await get("/cosign/v1/trust"))
    }

    private func trust(_ answer: HTTPExchangeResponse) throws(DeviceError) -> JSONValue {
        switch answer.status {
        case 200: break
        case 404:
            let known = type.map { " (here \(PlainText.of($0)), unless the hub's register says another)" } ?? ""
            throw .noReleaseKeys(reason: "the hub has no project for the type of this device\(known); ask its operator")
        default: throw fault(answer, "the keys of releases")
        }
        guard let document = StrictJSON.parse(answer.body) else {
            throw .hubFault(hub, reason: "its trust store is not strict JSON")
        }
        return document
    }

    /// The key set of a version; `nil` when there is none yet.
    mutating func keySet(_ version: Int64) async throws(DeviceError) -> [UInt8]? {
        let answer = try await get("/cosign/v1/keysets/\(version)")
        switch answer.status {
        case 200: return answer.body
        case 404: return nil
        default: throw fault(answer, "a key set")
        }
    }

    /// The release of a stream; `nil` when there is none for this device.
    ///
    /// - Parameter challenge: 43 characters, fresh.
    mutating func release(_ stream: String, challenge: String) async throws(DeviceError) -> [UInt8]? {
        let answer = try await get("/cosign/v1/device/release", ["stream=\(stream)", "nonce=\(challenge)"])
        switch answer.status {
        case 200: return answer.body
        case 204: return nil
        default: throw fault(answer, "the release")
        }
    }

    /// Tells the hub; what does not arrive is lost.
    mutating func tell(_ report: ReleaseReport) async {
        let request = HTTPExchangeRequest(
            method: "POST", path: ReleaseReport.path, headers: [("Content-Type", "application/json")],
            body: .bytes(report.encoded()))
        _ = try? await session.answered(request, location)
    }

    /// Fetches the rest of an artifact.
    ///
    /// - Returns: whether the answer came to its end.
    mutating func download(_ part: ArtifactPart) async throws(DeviceError) -> Bool {
        let start = await part.size
        let request = HTTPExchangeRequest(
            path: target("/cosign/v1/device/artifacts/\(part.artifact.sha256)"),
            headers: start > 0 ? [("Range", "bytes=\(start)-")] : [])
        do throws(DeviceError) {
            try await session.stream(request, location) { answer in
                try await part.begin(status: answer.status, range: answer.header("content-range"))
            } onBody: { bytes in
                try await part.append(bytes)
            }
            return true
        } catch {
            // What the part found wrong, the connection tells as its own end.
            if let failure = await part.failure { throw failure }
            guard await part.size > start else { throw error }
            // An answer that was cut off looks like one that is no HTTP.
            switch error {
            case .hubUnreachable, .hubFault: return false
            default: throw error
            }
        }
    }

    /// An answer that is none, with the name that the hub gives for it.
    private func fault(_ answer: HTTPExchangeResponse, _ wanted: String) -> DeviceError {
        let name = StrictJSON.parse(answer.body)?["error"]?.string ?? ""
        let isName =
            (1...40).contains(name.utf8.count) && name.utf8.allSatisfy { $0 == 0x5F || (0x61...0x7A).contains($0) }
        if answer.status == 403, name.utf8.elementsEqual("suspended".utf8) { return .coSigningSuspended(hub) }
        return .hubFault(hub, reason: "status \(answer.status) for \(wanted)\(isName ? ", \(name)" : "")")
    }

    private var location: HTTPSLocation { HTTPSLocation(host: hub.host, port: hub.port, path: "/") }

    private mutating func get(_ path: String, _ query: [String] = []) async throws(DeviceError) -> HTTPExchangeResponse
    {
        try await session.answered(HTTPExchangeRequest(path: target(path, query)), location)
    }

    private func target(_ path: String, _ query: [String] = []) -> String {
        let query = query + (type.map { ["type=" + PercentEncoding.encode($0)] } ?? [])
        return query.isEmpty ? path : path + "?" + query.joined(separator: "&")
    }
}
