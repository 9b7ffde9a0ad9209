package import Issuing
package import Logging
package import PKI
internal import HubRuntime
internal import ServiceLifecycle

/// Keeps the hub's own certificates fitting, those of its listeners, its OCSP responder and its operator: looks every
/// few seconds whether names or addresses changed, the authority changed, or a life runs out, and swaps it in the
/// listener without a restart.
package struct CertificateKeeper: Service {
    /// What a listener shows: a chain that begins with the hub's certificate, its key, and the authorities that clients
    /// are asked for.
    package typealias Show = @Sendable (_ chain: [Certificate], PrivateKey, _ authorities: [Certificate]) throws -> Void

    private let server: ServerCertificate
    private let admin: AdminCertificate
    private let issuer: Issuer
    private let responder: OCSPResponder
    private let responderCertificate: ResponderCertificate
    private let names: @Sendable () -> (names: [String], addresses: [String])
    private let show: Show
    private let logger: Logger

    /// - Parameters:
    ///   - names: what the hub's certificate must name now.
    ///   - show: gives a new certificate to the listeners.
    package init(
        server: ServerCertificate, admin: AdminCertificate, issuer: Issuer, responder: OCSPResponder,
        responderCertificate: ResponderCertificate,
        names: @escaping @Sendable () -> (names: [String], addresses: [String]), show: @escaping Show, logger: Logger
    ) {
        self.server = server
        self.admin = admin
        self.issuer = issuer
        self.responder = responder
        self.responderCertificate = responderCertificate
        self.names = names
        self.show = show
        self.logger = logger
    }

    package func run() async throws {
        await Repetition(every: .seconds(5)).run { await refresh() }
    }

    /// One look; a failure is logged and tried again at the next. While the authority that signs has ended there is
    /// nothing to do.
    package func refresh() async {
        guard !issuer.hasEnded else { return }
        do {
            try await responderCertificate.refresh(responder)
            try await admin.ensure()
            let (names, addresses) = names()
            let (certificate, key, isNew) = try await server.current(names: names, addresses: addresses)
            guard isNew else { return }
            let authorities = issuer.authorities
            try show([certificate] + authorities.chainToShow, key, authorities.all.map(\.certificate))
            logger.notice(
                "server certificate renewed",
                metadata: ["cert.serial": "\(certificate.serial)", "cert.names": "\(certificate.dnsNames)"])
        } catch {
            logger.error("server certificate can't be renewed", metadata: ["error": "\(error)"])
        }
    }
}
