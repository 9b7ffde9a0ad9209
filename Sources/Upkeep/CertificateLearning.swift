package import Issuing
internal import Journal
package import Logging
internal import PKI
internal import ServiceLifecycle

/// Writes down certificates of the site that somebody showed and that the store does not know: those newer than a
/// backup that was restored.
package struct CertificateLearning: Service {
    private let issuer: Issuer
    private let logger: Logger

    package init(issuer: Issuer, logger: Logger) {
        self.issuer = issuer
        self.logger = logger
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            for await certificate in issuer.unknownCertificates {
                do {
                    let isNew = try await issuer.learn(certificate, limit: Issuer.learnedLimit, by: .hub)
                    guard isNew else { continue }
                    logger.notice(
                        "certificate learned that the store did not know",
                        metadata: ["cert.serial": "\(certificate.serial)"])
                } catch IssuingError.foreignCertificate {
                    // Of an authority below ours: its own lists say what counts.
                } catch {
                    logger.warning("certificate not learned", metadata: ["error": "\(error)"])
                }
            }
        }
    }
}
