package import NIOSSL
package import PKI
internal import Synchronization

/// The certificate a TLS listener shows and the authorities whose clients it believes; exchangeable while it runs.
///
/// Each new connection takes the context that is current then; open ones keep theirs.
package final class TLSIdentity: Sendable {
    let check: PeerCheck
    let connections: OpenConnections
    private let context: Mutex<NIOSSLContext>

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
        context = Mutex(try Self.makeContext(certificates, key, authorities))
    }

    /// Shows another certificate from the next connection on.
    package func replace(certificates: [Certificate], key: PrivateKey, authorities: [Certificate]) throws {
        let next = try Self.makeContext(certificates, key, authorities)
        context.withLock { $0 = next }
    }

    /// What a new connection uses.
    package var current: NIOSSLContext {
        context.withLock { $0 }
    }

    /// TLS 1.2 and 1.3; a client certificate is asked for, not required, and one that does not verify ends the handshake
    /// (spec/idprov.md 1); ``ClientVerification`` decides that.
    private static func makeContext(
        _ certificates: [Certificate], _ key: PrivateKey, _ authorities: [Certificate]
    ) throws -> NIOSSLContext {
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
        return try NIOSSLContext(configuration: configuration)
    }
}
