package import Issuing
internal import PKI
internal import Registry
internal import Synchronization
internal import Wire

/// The directory as it is served: made once, and again when a service was added or removed.
package final class DirectoryDocument: Sendable {
    private struct Cache {
        var version = -1
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
        if let kept = cache.withLock({ $0.version == version ? $0.bytes : nil }) { return kept }
        var services = ownServices()
        for entry in try await issuer.registry.services() { services[entry.name] = entry.url }
        let made = Directory(caCert: issuer.authority.certificate.pem, services: services).encoded()
        cache.withLock { $0 = Cache(version: version, bytes: made) }
        return made
    }
}
