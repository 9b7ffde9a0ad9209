internal import NIOCore
internal import NIOSSL
package import PKI
internal import Synchronization

/// The certificate a TLS listener shows and the authorities whose clients it believes; exchangeable while it runs.
///
/// Each new connection takes the context that is current then; open ones keep theirs.
package final class TLSIdentity: Sendable {
    let check: PeerCheck
    let connections: OpenConnections
    private let shown: Mutex<Shown>

    /// What a connection uses.
    struct Shown {
        let context: NIOSSLContext
        /// DER of the certificate it shows.
        let leaf: [UInt8]
    }

    /// Makes the first context.
    ///
    /// - Parameters:
    ///   - authorities: named to clients that ask which certificate to show.
    ///   - connections: where connections with a client certificate are remembered.
    ///   - check: decides about client certificates.
    package init(
        certificates: [Certificate], key: PrivateKey, authorities: [Certificate],
        connections: OpenConnections = OpenConnections(), check: @escaping PeerCheck
    ) throws {
        self.check = check
        self.connections = connections
        shown = Mutex(try Self.make(certificates, key, authorities))
    }

    /// Shows another certificate from the next connection on.
    package func replace(certificates: [Certificate], key: PrivateKey, authorities: [Certificate]) throws {
        let next = try Self.make(certificates, key, authorities)
        shown.withLock { $0 = next }
    }

    /// DER of the certificate that a new connection is shown.
    package var shownCertificate: [UInt8] {
        shown.withLock(\.leaf)
    }

    /// What a new connection uses.
    var current: Shown {
        shown.withLock { $0 }
    }

    /// TLS 1.2 and 1.3; a client certificate is asked for, not required, and one that does not verify ends the
    /// handshake (docs/protocols/idprov.md 1); ``ClientVerification`` decides that.
    private static func make(
        _ certificates: [Certificate], _ key: PrivateKey, _ authorities: [Certificate]
    ) throws -> Shown {
        let chain = try certificates.map { certificate in
            NIOSSLCertificateSource.certificate(try NIOSSLCertificate(bytes: certificate.der, format: .der))
        }
        let privateKey = try NIOSSLPrivateKey(bytes: Array(try key.pem().utf8), format: .pem)
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain, privateKey: .privateKey(privateKey))
        configuration.minimumTLSVersion = .tlsv12
        configuration.certificateVerification = .optionalVerification
        configuration.trustRoots = .certificates(
            try authorities.map { try NIOSSLCertificate(bytes: $0.der, format: .der) })
        configuration.applicationProtocols = ["http/1.1"]
        // A connection that ends is over when we say so: a peer whose certificate was revoked need not agree.
        configuration.shutdownTimeout = .milliseconds(200)
        return Shown(context: try NIOSSLContext(configuration: configuration), leaf: certificates.first?.der ?? [])
    }
}
