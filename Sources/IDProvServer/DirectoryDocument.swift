package import HubHTTP
package import Hummingbird
package import Issuing
internal import PKI
package import Reach
internal import Synchronization
internal import Wire

/// The directory as it is served: made once for each way devices reach the hub, and again when a service was added or
/// removed.
package final class DirectoryDocument: Sendable {
    private struct Cache {
        var version = -1
        var authorities = ""
        var documents: [RequestWay: [UInt8]] = [:]
    }

    /// Ways that are remembered: who asks chooses the port it names.
    private static let limit = 16

    private let issuer: Issuer
    private let reach: Reach
    private let way: @Sendable (Request, HubContext) -> RequestWay
    private let ownServices: @Sendable (RequestWay) -> (services: [String: String], isFinal: Bool)
    private let cache = Mutex(Cache())

    /// - Parameters:
    ///   - way: how a request reached the hub.
    ///   - ownServices: what the hub itself offers to clients that came that way; an operator's entry of the same name
    ///     wins. Not final while listeners are still being opened.
    package init(
        issuer: Issuer, reach: Reach, way: @escaping @Sendable (Request, HubContext) -> RequestWay,
        ownServices: @escaping @Sendable (RequestWay) -> (services: [String: String], isFinal: Bool)
    ) {
        self.issuer = issuer
        self.reach = reach
        self.way = way
        self.ownServices = ownServices
    }

    /// The document's bytes, as the answer to a request.
    func bytes(_ request: Request, _ context: HubContext) async throws -> [UInt8] {
        let version = reach.servicesVersion
        let authorities = issuer.authorities.anchorsPEM
        let way = way(request, context)
        let kept = cache.withLock { kept in
            kept.version == version && kept.authorities == authorities ? kept.documents[way] : nil
        }
        if let kept { return kept }
        let own = ownServices(way)
        var services = own.services
        for entry in try await reach.services() { services[entry.name] = entry.url }
        let made = Directory(
            endpoints: .init(additional: [PairingRequest.endpoint: PairingRequest.path]), caCert: authorities,
            services: services
        ).encoded()
        guard own.isFinal else { return made }
        cache.withLock { kept in
            if kept.version != version || kept.authorities != authorities || kept.documents.count >= Self.limit {
                kept = Cache(version: version, authorities: authorities)
            }
            kept.documents[way] = made
        }
        return made
    }
}
