internal import Journal
package import PKI
internal import Store
internal import Synchronization

/// Answers OCSP requests for every authority of the site (docs/protocols/enrolment.md 2).
///
/// Answers without a nonce are kept for some minutes, so that many clients asking about the same certificates cost one
/// signature each; every revocation throws all of them away. For an authority that has ended nothing is signed:
/// `unauthorized`. A serial of ours that the store does not know is `unknown`: the responder vouches for nothing it has
/// no record of, however good the certificate may be. Certificates newer than a backup that was restored are unknown
/// until the hub has seen them (see ``Issuer/learn(_:by:)``).
package final class OCSPResponder: Sendable {
    private struct Kept {
        let answer: [UInt8]
        /// Unix seconds.
        let signedAt: Int64
    }

    private struct State {
        var signers: [Int64: OCSPSigner] = [:]
        var answers: [OCSPCertificateID: Kept] = [:]
        var version = 0
        /// Grows with every change of the signers.
        var signersVersion = 0
    }

    private let issuer: Issuer
    private let state = Mutex(State())

    /// An answer may be believed for this time, in seconds.
    package static let validitySeconds: Int64 = 3600
    /// An answer is given again for this time, in seconds.
    package static let keepSeconds: Int64 = 300
    private static let keepLimit = 20_000

    /// Answers for an issuer; ``use(_:for:)`` gives it the keys.
    package init(issuer: Issuer) {
        self.issuer = issuer
    }

    /// Signs with this responder from now on, for one authority.
    package func use(_ signer: OCSPSigner, for generation: Int64) {
        state.withLock { state in
            guard state.signers[generation]?.certificate != signer.certificate else { return }
            state.signers[generation] = signer
            state.signersVersion += 1
            state.answers = [:]
        }
    }

    /// Answers no longer for authorities that were retired.
    func keep(only generations: Set<Int64>) {
        state.withLock { state in
            guard !generations.isSuperset(of: state.signers.keys) else { return }
            state.signers = state.signers.filter { generations.contains($0.key) }
            state.signersVersion += 1
            state.answers = [:]
        }
    }

    /// The answer to a request, whatever it holds.
    package func answer(_ request: [UInt8]) async -> [UInt8] {
        guard let request = try? OCSPRequest(der: request), let first = request.certificates.first else {
            return OCSPSigner.malformed
        }
        do {
            let mayKeep = request.nonce == nil && request.certificates.count == 1
            let now = issuer.journal.now()
            guard !issuer.hasEnded else { return OCSPSigner.unauthorized }
            let version = issuer.revocations.version
            let signersVersion = state.withLock(\.signersVersion)
            if mayKeep, let kept = kept(first, version: version, now: now) { return kept }
            let (answer, isKnown) = try await sign(request, first, now: now)
            // Strangers choose the size and number of what is asked about others' certificates: nothing of that is
            // kept.
            if mayKeep, isKnown, first.der.count <= Self.keptIdentifierLimit {
                keep(answer, for: first, version: version, signersVersion, signedAt: now)
            }
            return answer
        } catch {
            return OCSPSigner.internalError
        }
    }

    /// Longest CertID that is kept, in bytes: SHA-512 hashes and a serial of 20 octets need 174.
    private static let keptIdentifierLimit = 192

    private func sign(
        _ request: OCSPRequest, _ first: OCSPCertificateID, now: Int64
    ) async throws -> (answer: [UInt8], isKnown: Bool) {
        // Between a jump of the clock back and the next look at the hub's certificates nobody would believe the answer.
        let signers = state.withLock(\.signers).filter {
            $0.value.authority.notAfter > now && $0.value.certificate.notBefore <= now
        }
        // One answer has one signer: of the authority asked about first, or, for strangers, of the current one.
        guard
            let (generation, signer) = signers.first(where: { $0.value.answers(first) })
                ?? signers.max(by: { $0.key < $1.key })
        else { return (OCSPSigner.internalError, false) }
        let begin = now - RevocationLists.backdateSeconds
        let ours = request.certificates.map { signer.answers($0) ? $0.serial?.description : nil }
        let statuses = Array(zip(request.certificates, try await statuses(ours, generation)))
        let answer = try signer.answer(
            statuses.map { ($0.0, $0.1.notAfter(begin)) }, nonce: request.nonce, now: now, thisUpdate: begin,
            nextUpdate: now + Self.validitySeconds)
        // A serial nobody knows may be learned at any moment.
        return (answer, signer.answers(first) && statuses.first?.1 != .unknown)
    }

    /// What the store knows of an authority's serials; `unknown` where it knows nothing, and for `nil`.
    private func statuses(_ serials: [String?], _ generation: Int64) async throws -> [OCSPStatus] {
        try await issuer.journal.store.lookUp { db in
            try serials.map { serial in
                guard let serial, let found = try CertificateStore.status(serial: serial, in: db),
                    found.authority == generation || found.authority == CertificateStore.anyAuthority
                else { return .unknown }
                return found.status
            }
        }
    }

    private func kept(_ identifier: OCSPCertificateID, version: Int, now: Int64) -> [UInt8]? {
        state.withLock { state in
            // One that was signed later than now was signed by a clock that was ahead: nobody believes it.
            guard state.version == version, let kept = state.answers[identifier],
                (0..<Self.keepSeconds).contains(now - kept.signedAt)
            else { return nil }
            return kept.answer
        }
    }

    private func keep(
        _ answer: [UInt8], for identifier: OCSPCertificateID, version: Int, _ signersVersion: Int, signedAt: Int64
    ) {
        state.withLock { state in
            // What took long was asked before the last revocation, or signed by somebody who signs no more.
            guard version >= state.version, signersVersion == state.signersVersion else { return }
            if state.version != version || state.answers.count >= Self.keepLimit {
                state.answers = [:]
                state.version = version
            }
            state.answers[identifier] = Kept(answer: answer, signedAt: signedAt)
        }
    }
}

extension OCSPStatus {
    /// The same, but not of the future: a clock that was ahead may have noted when it was revoked, and some clients
    /// wait until then.
    fileprivate func notAfter(_ moment: Int64) -> OCSPStatus {
        guard case .revoked(let at, let reason) = self, at > moment else { return self }
        return .revoked(at: moment, reason: reason)
    }
}
