internal import HubHTTP
internal import Issuing
internal import Logging
internal import PKI
internal import HubRuntime
internal import ServiceLifecycle

/// Keeps the hub's own certificates fitting, those of its listeners, its OCSP responder and its operator: looks every
/// few seconds whether names or addresses changed, the authority changed, or a life runs out, and swaps it in the
/// listener without a restart.
struct CertificateKeeper: Service {
    let server: ServerCertificate
    let admin: AdminCertificate
    let identity: TLSIdentity
    let issuer: Issuer
    let responder: OCSPResponder
    let responderCertificate: ResponderCertificate
    let settings: LiveSettings
    let logger: Logger

    func run() async throws {
        await Repetition(every: .seconds(5)).run { await refresh() }
    }

    /// One look; a failure is logged and tried again at the next. While the authority that signs has ended there is
    /// nothing to do.
    func refresh() async {
        guard !issuer.hasEnded else { return }
        do {
            try await responderCertificate.refresh(responder)
            try await admin.ensure()
            let (names, addresses) = settings.certificateNames
            let (certificate, key, isNew) = try await server.current(names: names, addresses: addresses)
            guard isNew else { return }
            try identity.replace(
                certificates: [certificate] + issuer.authorities.chainToShow, key: key,
                authorities: issuer.authorities.all.map(\.certificate))
            logger.notice(
                "server certificate renewed",
                metadata: ["cert.serial": "\(certificate.serial)", "cert.names": "\(certificate.dnsNames)"])
        } catch {
            logger.error("server certificate can't be renewed", metadata: ["error": "\(error)"])
        }
    }
}
