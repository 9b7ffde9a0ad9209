internal import Glibc
internal import NIOCore
internal import NIOSSL
package import PKI
internal import Synchronization

/// The certificate a TLS listener shows and the authorities whose clients it believes; exchangeable while it runs.
///
/// Each new connection takes the context that is current then; open ones keep theirs.
package final class TLSIdentity: Sendable {
    private struct State: Sendable {
        let context: NIOSSLContext
        /// `nil` where BoringSSL judges clients by itself.
        let clients: TrustStore?

        init(certificates: [Certificate], key: PrivateKey, authorities: [Certificate]) throws {
            context = try TLSIdentity.makeContext(certificates, key, authorities)
            let areRoots = authorities.allSatisfy { $0.subjectDER == $0.issuerDER }
            clients = areRoots ? nil : TrustStore(roots: authorities)
        }
    }

    private let state: Mutex<State>

    /// Makes the first context.
    package init(certificates: [Certificate], key: PrivateKey, authorities: [Certificate]) throws {
        state = Mutex(try State(certificates: certificates, key: key, authorities: authorities))
    }

    /// Shows another certificate from the next connection on.
    package func replace(certificates: [Certificate], key: PrivateKey, authorities: [Certificate]) throws {
        let next = try State(certificates: certificates, key: key, authorities: authorities)
        state.withLock { $0 = next }
    }

    /// Secures a new connection.
    ///
    /// An authority below an offline root is believed itself, not its root: other hubs below that root are strangers. BoringSSL
    /// ends a chain at a root only, and NIOSSL has no switch for it, so there OpenSSL judges instead.
    func handler() -> NIOSSLServerHandler {
        let state = state.withLock { $0 }
        guard let clients = state.clients else { return NIOSSLServerHandler(context: state.context) }
        return NIOSSLServerHandler(context: state.context) { shown, promise in
            promise.succeed(Self.isBelieved(shown, by: clients) ? .certificateVerified : .failed)
        }
    }

    /// The hub's authority signs end certificates only, so whatever else a client shows does not help.
    private static func isBelieved(_ shown: [NIOSSLCertificate], by clients: TrustStore) -> Bool {
        guard let bytes = try? shown.first?.toDERBytes(), let leaf = try? Certificate(der: bytes) else { return false }
        do {
            try clients.verify(leaf, purpose: .client, at: Int64(time(nil)))
            return true
        } catch {
            return false
        }
    }

    /// TLS 1.2 and 1.3; a client certificate is asked for, not required, and one that does not verify ends the handshake
    /// (spec/idprov.md 1).
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
