package import HubHTTP
package import Hummingbird
package import Issuing
internal import PKI
internal import Registry
internal import Synchronization
internal import Wire

/// The directory as it is served: made once for each way devices reach the hub, and again when a service was added or removed.
package final class DirectoryDocument: Sendable {
    private struct Cache {
        var version = -1
        var authorities = ""
        /// By what the hub itself offers.
        var documents: [[String: String]: [UInt8]] = [:]
    }

    /// Ways that are remembered: who asks chooses the port it names.
    private static let limit = 16

    private let issuer: Issuer
    private let ownServices: @Sendable (Request, HubContext) -> [String: String]
    private let cache = Mutex(Cache())

    /// - Parameter ownServices: what the hub itself offers to whoever sends a request; an operator's entry of the same name wins.
    package init(issuer: Issuer, ownServices: @escaping @Sendable (Request, HubContext) -> [String: String]) {
        self.issuer = issuer
        self.ownServices = ownServices
    }

    /// The document's bytes, as the answer to a request.
    func bytes(_ request: Request, _ context: HubContext) async throws -> [UInt8] {
        let version = issuer.registry.servicesVersion
        let authorities = issuer.authorities.anchorsPEM
        let own = ownServices(request, context)
        let kept = cache.withLock { kept in
            kept.version == version && kept.authorities == authorities ? kept.documents[own] : nil
        }
        if let kept { return kept }
        var services = own
        for entry in try await issuer.registry.services() { services[entry.name] = entry.url }
        let made = Directory(
            endpoints: .init(additional: [PairingRequest.endpoint: PairingRequest.path]), caCert: authorities,
            services: services
        ).encoded()
        cache.withLock { kept in
            if kept.version != version || kept.authorities != authorities || kept.documents.count >= Self.limit {
                kept = Cache(version: version, authorities: authorities)
            }
            kept.documents[own] = made
        }
        return made
    }
}
