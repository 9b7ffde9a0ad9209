internal import PKI
internal import Store

/// Certificates whose signature was made or verified in this run, so that their next handshake costs no signature.
///
/// It says who signed, nothing else: whether they are in time and not revoked is asked each time.
final class VerifiedCertificates: Sendable {
    private let signers: RecentValues<[UInt8], Int64>

    /// - Parameter limit: how many are kept at most; 10,000 need 2 MB.
    init(limit: Int = 10_000) {
        signers = RecentValues(limit: limit)
    }

    /// Keeps that an authority signed a certificate.
    ///
    /// - Parameter signer: the authority's number.
    func add(_ certificate: Certificate, signer: Int64) {
        signers.keep(signer, for: SHA256.hash(certificate.der))
    }

    /// Forgets a certificate: it is verified again at its next handshake.
    func forget(_ certificate: Certificate) {
        signers.remove(SHA256.hash(certificate.der))
    }

    /// The number of the authority that signed a certificate, byte for byte; `nil` when that is not known.
    func signer(of certificate: Certificate) -> Int64? {
        signers.value(SHA256.hash(certificate.der))
    }
}
