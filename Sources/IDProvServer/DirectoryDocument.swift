package import Issuing
internal import PKI
internal import Registry
internal import Synchronization
internal import Wire

/// The directory as it is served: made once, and again when a service was added or removed.
package final class DirectoryDocument: Sendable {
    private struct Cache {
        var version = -1
        var authorities = ""
        var own: [String: String] = [:]
        var bytes: [UInt8] = []
    }

    private let issuer: Issuer
    private let ownServices: @Sendable () -> [String: String]
    private let cache = Mutex(Cache())

    /// - Parameter ownServices: what the hub itself offers; an operator's entry of the same name wins.
    package init(issuer: Issuer, ownServices: @escaping @Sendable () -> [String: String]) {
        self.issuer = issuer
        self.ownServices = ownServices
    }

    /// The document's bytes.
    func bytes() async throws -> [UInt8] {
        let version = issuer.registry.servicesVersion
        let authorities = issuer.authorities.anchorsPEM
        let own = ownServices()
        let kept = cache.withLock { kept in
            kept.version == version && kept.authorities == authorities && kept.own == own ? kept.bytes : nil
        }
        if let kept { return kept }
        var services = own
        for entry in try await issuer.registry.services() { services[entry.name] = entry.url }
        let made = Directory(
            endpoints: .init(additional: [PairingRequest.endpoint: PairingRequest.path]), caCert: authorities,
            services: services
        ).encoded()
        cache.withLock { $0 = Cache(version: version, authorities: authorities, own: own, bytes: made) }
        return made
    }
}
