package import Devices
package import Journal
package import PKI
package import Secrets

/// What a request shows to get a certificate, whatever protocol it came by.
package enum EnrolmentProof: Sendable {
    /// A client certificate that is enough alone: a device's own, or that of an admin or plugin.
    case certificate(EnrolmentReason)
    /// The device's own certificate, which has ended; what else may entitle the device is looked at as well.
    case ended(Certificate)
    /// As ``ended(_:)``, for a renewal, to which nothing else entitles.
    case endedAlone(Certificate)
    /// A plain proof of the secret: an HMAC under it, or the secret itself. `isRight` compares, in constant time; it is
    /// called once at most, and not while guesses are locked.
    case plain(isRight: @Sendable (OOBSecret) -> Bool)
    /// A pairing is about to begin: nothing is proved yet.
    case pairingOffer
    /// A pairing whose proofs were right, with the secret whose record has this salt. It was counted before it was
    /// answered.
    case paired(salt: [UInt8])
}

/// A request for a device's certificate.
package struct EnrolmentAttempt: Sendable {
    package var deviceID: String
    package var proof: EnrolmentProof
    /// The key to certify; `nil` when it can't be read.
    package var key: PublicKey?
    /// MAC address the device claims, empty when it claims none.
    package var mac: String
    /// Who asks. Guesses count against its address.
    package var requester: Requester

    package init(deviceID: String, proof: EnrolmentProof, key: PublicKey?, mac: String = "", by requester: Requester) {
        self.deviceID = deviceID
        self.proof = proof
        self.key = key
        self.mac = mac
        self.requester = requester
    }

    /// What the operator sees of it.
    package var sighting: Sighting {
        Sighting(address: requester.address, mac: mac, fingerprint: key?.fingerprint)
    }
}

/// What becomes of a request for a device's certificate: the same for IDProv, EST and pairing, each of which has its
/// own words for it.
///
/// In this order, the first that fits:
/// 1. The device was refused by the operator or a revocation: refused, whatever it shows.
/// 2. A certificate that entitles to it, also one that has ended within its grace period: issued. Refused when one that
///    has ended longer ago is all that may entitle to it.
/// 3. A right proof of the secret, with the key the secret is bound to if any: issued. A secret that is easy to guess
///    is not looked at while guesses of the address, or of all, are locked. A strong one is looked at ten times and
///    then once in five seconds from each source, whatever others do: nobody can lock a device out by guessing at it.
/// 4. The key that the operator approved by eye: issued, also while the secret is locked, and whatever was proved. The
///    lock protects the secret, and the operator has not relied on it.
/// 5. Otherwise: locked out while guesses are locked, refused for a wrong proof (which is counted), and everybody else
///    waits for the operator.
package enum EnrolmentDecision: Sendable {
    /// It may have its certificate: ``Issuer/enrol(_:claim:publicKey:sighting:reason:names:by:)``. For
    /// ``EnrolmentProof/pairingOffer`` with ``EnrolmentReason/pairing(_:)``: once it has proved the secret.
    case issue(EnrolmentReason)
    /// Nothing can be decided without the operator; it was recorded where there is room for it. `others` wait as well,
    /// as far as known.
    case wait(others: Int)
    /// Not so.
    case refuse(Refusal)
    /// Guesses at this secret are not heard now; nothing was looked at.
    case lockedOut(GuessGate)

    /// Why a request is refused.
    package enum Refusal: Sendable, Equatable {
        /// The device may not enrol: rejected, revoked or removed.
        case device
        /// The proof of the secret is wrong; it was counted.
        case wrongProof
        /// The secret is valid for pairing only.
        case pairingNeeded
        /// The secret that was paired with is gone or another.
        case secretGone
        /// The certificate has ended too long ago for a renewal, or the device works with another one.
        case ended
    }

    /// What follows from what is known, without any consequence.
    ///
    /// - Parameters:
    ///   - pairing: how the secret of the claim may be proved.
    ///   - mayRenewLate: whether an expired certificate may still be renewed.
    ///   - isHeard: whether a proof of a strong secret is looked at although guesses are locked; asked at most once.
    static func of(
        _ attempt: EnrolmentAttempt, _ claim: Claim, pairing: (OOBSecret) -> Pairing,
        mayRenewLate: (Certificate) -> Bool, isHeard: () -> Bool
    ) -> EnrolmentDecision {
        if claim.isRefused { return .refuse(.device) }
        // Rules about the name itself (`Devices.admit`: that it is a valid ID, that no certificate of another role
        // bears it) have their place here. They are asked in the transaction that follows, which issues or records the
        // device as waiting, and throw out of it.
        switch attempt.proof {
        case .certificate(let reason): return .issue(reason)
        case .ended(let certificate) where mayRenewLate(certificate): return .issue(.lateRenewal)
        case .endedAlone(let certificate): return mayRenewLate(certificate) ? .issue(.lateRenewal) : .refuse(.ended)
        case .ended, .plain, .pairingOffer, .paired: break
        }
        let bySecret =
            claim.secret.map { Self.bySecret($0, attempt, claim.gates, pairing($0), isHeard) } ?? withoutSecret(attempt)
        switch bySecret {
        case .issue, .refuse(.secretGone): return bySecret
        case .wait, .refuse, .lockedOut:
            let isApproved = attempt.key.map { claim.device?.approvedFingerprint == $0.fingerprint } ?? false
            return isApproved ? .issue(.fingerprint) : bySecret
        }
    }

    private static func withoutSecret(_ attempt: EnrolmentAttempt) -> EnrolmentDecision {
        if case .paired = attempt.proof { .refuse(.secretGone) } else { .wait(others: 0) }
    }

    private static func bySecret(
        _ secret: OOBSecret, _ attempt: EnrolmentAttempt, _ gates: GuessGates, _ pairing: Pairing, _ isHeard: () -> Bool
    ) -> EnrolmentDecision {
        // Used once, it is valid only for the key it was used with.
        let isForKey = secret.boundKey.map { $0 == attempt.key?.fingerprint } ?? true
        switch attempt.proof {
        case .plain(let isRight):
            if pairing == .spake2plus { return .refuse(.pairingNeeded) }
            let isOpen = gates.plain == .open
            guard isOpen || (!secret.isGuessable && isHeard()) else { return .lockedOut(gates.plain) }
            guard isRight(secret) else { return isOpen ? .refuse(.wrongProof) : .lockedOut(gates.plain) }
            return isForKey ? .issue(.secret(secret)) : .wait(others: 0)
        case .pairingOffer:
            guard pairing != .hmac, isForKey else { return .wait(others: 0) }
            guard gates.pairing == .open || !secret.isGuessable else { return .lockedOut(gates.pairing) }
            return .issue(.pairing(secret))
        case .paired(let salt):
            return secret.record?.salt == salt ? .issue(.pairing(secret)) : .refuse(.secretGone)
        case .certificate, .ended, .endedAlone: return .wait(others: 0)
        }
    }
}

extension Issuer {
    /// Decides about a request, counts a wrong guess, and records who waits. The only way to
    /// ``enrol(_:claim:publicKey:sighting:reason:names:by:)``.
    ///
    /// - Parameter claim: of ``claim(_:from:)`` for the address of the request.
    /// - Throws: `DevicesError.invalidDeviceID`, `DevicesError.deviceNameTaken`; store errors.
    package func decide(_ attempt: EnrolmentAttempt, claim: Claim) async throws -> EnrolmentDecision {
        let decision = EnrolmentDecision.of(
            attempt, claim, pairing: secrets.pairing(of:), mayRenewLate: { mayRenewLate($0, claim.device) },
            isHeard: { secrets.hearsWhileLocked(attempt.deviceID, from: attempt.requester.address) })
        switch decision {
        case .refuse(.wrongProof):
            if let secret = claim.secret {
                try await secrets.countWrongGuess(at: secret, by: attempt.requester)
            }
            return decision
        case .wait: return try await wait(attempt, claim: claim)
        case .issue, .refuse, .lockedOut: return decision
        }
    }

    /// Records that a device waits for the operator; a pairing window may let it in at once.
    package func wait(_ attempt: EnrolmentAttempt, claim: Claim) async throws -> EnrolmentDecision {
        let isProven = if case .ended = attempt.proof { true } else { false }
        let outcome = try await devices.recordPending(
            attempt.deviceID, attempt.sighting, hasSecret: claim.secret != nil, isProven: isProven,
            by: attempt.requester)
        return outcome.isApproved ? .issue(.fingerprint) : .wait(others: outcome.waiting)
    }
}
