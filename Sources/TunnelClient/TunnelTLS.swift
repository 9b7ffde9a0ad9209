internal import NIOCore
internal import NIOSSL
package import PKI
package import Transport

/// TLS from one end of a tunnel to the other, inside of what the proxy sees: certificates of the site at both ends.
package struct TunnelTLS: Sendable {
    private let identity: ClientIdentity
    private let roots: [Certificate]
    private let now: @Sendable () -> Int64
    private let isExpected: @Sendable (Certificate) -> Bool

    /// Names both ends.
    ///
    /// - Parameters:
    ///   - identity: who we are.
    ///   - roots: authorities of the site.
    ///   - now: present time, Unix seconds.
    ///   - isExpected: whether a certificate under these authorities is that of the other end.
    package init(
        identity: ClientIdentity, roots: [Certificate], now: @escaping @Sendable () -> Int64,
        isExpected: @escaping @Sendable (Certificate) -> Bool
    ) {
        self.identity = identity
        self.roots = roots
        self.now = now
        self.isExpected = isExpected
    }

    /// At most this many certificates of the other end are looked at.
    private static let chainLimit = 8

    func server() throws -> NIOSSLServerHandler {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: try chain(), privateKey: .privateKey(try identity.nioKey()))
        harden(&configuration)
        return NIOSSLServerHandler(
            context: try NIOSSLContext(configuration: configuration), customVerificationCallback: verify)
    }

    func client() throws -> NIOSSLClientHandler {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.certificateChain = try chain()
        configuration.privateKey = .privateKey(try identity.nioKey())
        harden(&configuration)
        return try NIOSSLClientHandler(
            context: try NIOSSLContext(configuration: configuration), serverHostname: nil,
            customVerificationCallback: verify)
    }

    private func harden(_ configuration: inout TLSConfiguration) {
        configuration.minimumTLSVersion = .tlsv13
        // Not `.none`: that would ask for no certificate. What is shown, our own verification judges.
        configuration.certificateVerification = .noHostnameVerification
        configuration.trustRoots = .certificates([])
        configuration.shutdownTimeout = .milliseconds(500)
    }

    private func chain() throws -> [NIOSSLCertificateSource] {
        try identity.chain.map { .certificate(try NIOSSLCertificate(bytes: $0.der, format: .der)) }
    }

    /// A device's certificate is one for clients, although it answers here: what it may be used for is not asked, who
    /// it is decides.
    @Sendable private func verify(_ shown: [NIOSSLCertificate], _ promise: EventLoopPromise<NIOSSLVerificationResult>) {
        do {
            let chain = try shown.prefix(Self.chainLimit).map { try Certificate(der: try $0.toDERBytes()) }
            guard let leaf = chain.first, isExpected(leaf) else { return promise.succeed(.failed) }
            let store = TrustStore(roots: roots, intermediates: Array(chain.dropFirst()))
            try store.verify(leaf, purpose: .any, at: now())
            promise.succeed(.certificateVerified)
        } catch {
            promise.succeed(.failed)
        }
    }
}
