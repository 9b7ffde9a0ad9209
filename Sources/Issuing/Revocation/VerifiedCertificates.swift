internal import PKI
internal import Synchronization

/// Certificates whose signature was made or verified in this run, so that their next handshake costs no signature.
///
/// It says who signed, nothing else: whether they are in time and not revoked is asked each time. The ones used last
/// are kept, in two halves: when the newer half is full the older one is dropped.
final class VerifiedCertificates: Sendable {
    fileprivate struct State {
        var newer: [[UInt8]: Int64] = [:]
        var older: [[UInt8]: Int64] = [:]
    }

    private let limit: Int
    private let state = Mutex(State())

    /// - Parameter limit: how many are kept at most; 10,000 need 2 MB.
    init(limit: Int = 10_000) {
        self.limit = limit
    }

    /// Keeps that an authority signed a certificate.
    ///
    /// - Parameter signer: the authority's number.
    func add(_ certificate: Certificate, signer: Int64) {
        let digest = SHA256.hash(certificate.der)
        state.withLock { $0.add(digest, signer, half: limit / 2) }
    }

    /// The number of the authority that signed a certificate, byte for byte; `nil` when that is not known.
    func signer(of certificate: Certificate) -> Int64? {
        let digest = SHA256.hash(certificate.der)
        return state.withLock { state in
            if let signer = state.newer[digest] { return signer }
            guard let signer = state.older.removeValue(forKey: digest) else { return nil }
            state.add(digest, signer, half: limit / 2)
            return signer
        }
    }
}

extension VerifiedCertificates.State {
    fileprivate mutating func add(_ digest: [UInt8], _ signer: Int64, half: Int) {
        if newer.count >= half { (older, newer) = (newer, [:]) }
        newer[digest] = signer
    }
}
