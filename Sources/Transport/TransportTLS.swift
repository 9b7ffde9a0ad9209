internal import NIOCore
internal import NIOSSL
package import PKI
internal import Synchronization

/// How a connection is secured: whom we believe, and who we are.
package struct TransportTLS: Sendable {
    package enum Trust: Sendable {
        /// Any certificate, whose key the peer has proven to hold. For first contact only: the caller must see the
        /// chain and authenticate the peer by other means (docs/protocols/idprov.md 1).
        case anything
        /// A chain to one of these, with serverAuth, valid now. The host name does not matter unless `checkedName` is
        /// set: a hub is found by its address.
        case roots([Certificate])
    }

    package var trust: Trust
    /// Who we are; nil sends no certificate.
    package var identity: ClientIdentity?
    /// Sent as server name indication (RFC 6066); nil means the host unless that is an address.
    package var serverName: String?
    /// A DNS name or address that the peer's certificate must have, a name also as `*.` for its first label; nil
    /// skips the check.
    package var checkedName: String?
    /// Whether the peer must be a hub: a server certificate of the site that is another's is refused, whatever it is
    /// for. `nil` where the peer is not a hub.
    package var hub: HubRule?
    /// Unix seconds at which certificates must be valid. A device without a clock passes the time it believes in.
    package var now: @Sendable () -> Int64

    /// Makes a setting. `now` has no default on purpose: the caller says by which clock it verifies.
    package init(
        trust: Trust, identity: ClientIdentity? = nil, serverName: String? = nil, checkedName: String? = nil,
        hub: HubRule? = nil, now: @escaping @Sendable () -> Int64
    ) {
        self.trust = trust
        self.identity = identity
        self.serverName = serverName
        self.checkedName = checkedName
        self.hub = hub
        self.now = now
    }
}

/// What one handshake found out about the peer; filled on the event loop, read after the handshake.
final class PeerRecord: Sendable {
    private let record = Mutex<(chain: [Certificate], refusal: String?)>(([], nil))

    var chain: [Certificate] { record.withLock { $0.chain } }
    var refusal: String? { record.withLock { $0.refusal } }

    func note(_ chain: [Certificate]) { record.withLock { $0.chain = chain } }
    func refuse(_ reason: String) { record.withLock { $0.refusal = reason } }
}

extension TransportTLS {
    /// At most this many certificates of a peer are looked at.
    private static let chainLimit = 8

    func context() throws -> NIOSSLContext {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        // A peer that does not answer our goodbye keeps the socket no longer than this.
        configuration.shutdownTimeout = .milliseconds(500)
        configuration.applicationProtocols = ["http/1.1"]
        // Not `.none`: that would skip our own verification below, which replaces the library's.
        configuration.certificateVerification = .noHostnameVerification
        configuration.trustRoots = .certificates([])
        if let identity {
            configuration.certificateChain = try identity.chain.map {
                .certificate(try NIOSSLCertificate(bytes: $0.der, format: .der))
            }
            configuration.privateKey = .privateKey(try identity.nioKey())
        }
        return try NIOSSLContext(configuration: configuration)
    }

    func handler(for host: String, record: PeerRecord) throws -> NIOSSLClientHandler {
        let name = serverName ?? (host.isAddress ? nil : host)
        return try NIOSSLClientHandler(context: context(), serverHostname: name) { certificates, promise in
            do {
                try verify(certificates, record: record)
                promise.succeed(.certificateVerified)
            } catch {
                record.refuse("\(error)")
                promise.succeed(.failed)
            }
        }
    }

    private func verify(_ certificates: [NIOSSLCertificate], record: PeerRecord) throws {
        var chain: [Certificate] = []
        for certificate in certificates.prefix(Self.chainLimit) {
            chain.append(try Certificate(der: try certificate.toDERBytes()))
        }
        record.note(chain)
        guard let leaf = chain.first else { throw TransportError.tls(reason: "no certificate") }
        if case .roots(let roots) = trust {
            let store = TrustStore(roots: roots, intermediates: Array(chain.dropFirst()))
            try store.verify(leaf, purpose: .server, at: now())
        }
        if let hub, !hub.admits(leaf) {
            throw TransportError.tls(reason: "a certificate of the site, but not the hub's")
        }
        guard let checkedName else { return }
        guard Self.names(leaf, checkedName) else { throw TransportError.tls(reason: "not for \(checkedName)") }
    }

    /// Whether a certificate is for a name: written alike, or with `*` for the whole first label (RFC 9525, 6.3). An
    /// address is never matched by `*`, nor is a name of two labels.
    static func names(_ leaf: Certificate, _ name: String) -> Bool {
        let wanted = name.lowercased()
        if (leaf.dnsNames + leaf.addresses).contains(where: { $0.lowercased() == wanted }) { return true }
        guard !wanted.isAddress, let dot = wanted.firstIndex(of: "."), dot != wanted.startIndex,
            wanted[dot...].dropFirst().contains(".")
        else { return false }
        return leaf.dnsNames.contains { $0.lowercased() == "*" + wanted[dot...] }
    }
}

extension String {
    /// True for an IPv4 or IPv6 address, with or without scope: such text must not be sent as a server name.
    var isAddress: Bool {
        contains(":") || (try? SocketAddress(ipAddress: self, port: 0)) != nil
    }
}
