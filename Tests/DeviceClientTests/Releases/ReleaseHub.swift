import CoSigning
import Encoding
import HostilePeer
import PKI
import Synchronization

@testable import DeviceClient

/// A hub's endpoints for releases over real TLS with client certificates; honest unless a test says otherwise.
final class ReleaseHub: Sendable {
    /// A request for a release.
    struct Ask: Sendable {
        let nonce: String
        let query: [String: String]
    }

    /// What the hub has, and what it saw.
    struct Desk: Sendable {
        /// The newest one.
        var trust: JSONValue
        /// Earlier ones, by version.
        var trusts: [Int64: JSONValue] = [:]
        var keySets: [Int64: [UInt8]] = [:]
        /// `nil`: there is no release.
        var release: (@Sendable (Ask) throws -> [UInt8])?
        /// Sends the artifact.
        var artifact: @Sendable (PeerRequest, PeerConnection) async throws -> Void = { _, peer in
            try await peer.answer(404)
        }
        /// Status and error name in the place of any release.
        var refusal: (status: Int, error: String)?
        var reportStatus = 204
        var asks: [Ask] = []
        var reports: [JSONValue] = []
        var requests: [String] = []
        var ranges: [String] = []
        /// Versions of keys that were asked for; `nil` for the newest.
        var versions: [String?] = []
        /// What each request but reports said that the device's hardware is.
        var types: [String?] = []
    }

    let authority: TestAuthority
    private let identity: PeerIdentity
    private let desk: Mutex<Desk>

    init(authority: TestAuthority, trust: TrustedKeys) throws {
        self.authority = authority
        identity = try authority.server()
        desk = Mutex(Desk(trust: trust.json))
    }

    func change(_ change: (inout sending Desk) -> Void) { desk.withLock { change(&$0) } }

    var seen: Desk { desk.withLock { $0 } }

    /// Runs the hub beside `body`, which gets its address.
    @discardableResult
    func run<Value: Sendable>(body: @Sendable (String) async throws -> Value) async throws -> Value {
        let tls = ScriptedServer.TLS(clientRoots: [authority.certificate]) { [identity] _ in identity }
        return try await ScriptedServer.run(tls: tls) { peer in
            while let request = try await peer.request() { try await self.answer(request, peer) }
        } body: { server async throws in
            try await body("127.0.0.1:\(server.port)")
        }
    }

    private func answer(_ request: PeerRequest, _ peer: PeerConnection) async throws {
        let parts = request.path.split(separator: "?").map(String.init)
        let query = Dictionary(
            uniqueKeysWithValues: (parts.count > 1 ? parts[1] : "").split(separator: "&").map { pair in
                let sides = pair.split(separator: "=").map(String.init)
                return (sides[0], sides.count > 1 ? sides[1] : "")
            })
        let desk = desk.withLock { desk in
            desk.requests.append(parts[0])
            if parts[0] != ReleaseReport.path { desk.types.append(query["type"]) }
            return desk
        }
        switch parts[0] {
        case "/cosign/v1/trust":
            self.desk.withLock { $0.versions.append(query["version"]) }
            guard let trust = desk.trust(query["version"]) else { return try await peer.answer(404) }
            try await peer.answer(200, trust.encoded())
        case "/cosign/v1/device/release":
            let ask = Ask(nonce: query["nonce"] ?? "", query: query)
            self.desk.withLock { $0.asks.append(ask) }
            if let refusal = desk.refusal {
                let body = JSONValue.object([.init("error", .string(refusal.error))])
                return try await peer.answer(refusal.status, body.encoded())
            }
            guard let release = desk.release else { return try await peer.answer(204) }
            try await peer.answer(200, try release(ask))
        case ReleaseReport.path:
            let report = try JSONValue(parsing: request.body)
            self.desk.withLock { $0.reports.append(report) }
            try await peer.answer(desk.reportStatus)
        case let path where path.hasPrefix("/cosign/v1/keysets/"):
            guard let bytes = desk.keySets[Int64(path.dropFirst(19)) ?? 0] else { return try await peer.answer(404) }
            try await peer.answer(200, bytes)
        case let path where path.hasPrefix("/cosign/v1/device/artifacts/"):
            if let range = request.headers["range"] { self.desk.withLock { $0.ranges.append(range) } }
            try await desk.artifact(request, peer)
        default: try await peer.answer(404)
        }
    }
}

extension ReleaseHub.Desk {
    fileprivate func trust(_ version: String?) -> JSONValue? {
        guard let version = version.map({ Int64($0) ?? 0 }) else { return trust }
        return trusts[version] ?? (trust["version"]?.integer == version ? trust : nil)
    }
}
