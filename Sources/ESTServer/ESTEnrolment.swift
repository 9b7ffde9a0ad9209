internal import HubHTTP
internal import Issuing
internal import PKI
internal import Registry
internal import Wire

/// Decides who gets a certificate over EST (spec/enrolment.md 1.2 and 1.3).
struct ESTEnrolment: Sendable {
    let issuer: Issuer
    /// Kinds of alternative names a request may bring along.
    let names: Set<SubjectAlternativeNameKind>

    /// What became of a request.
    enum Outcome {
        case issued(Certificate)
        /// Ask again in so many seconds.
        case pending(seconds: Int)
    }

    /// First enrolment, or a registrar's for a device: a client certificate wins over a password.
    ///
    /// - Parameter key: certified instead of the request's, when the hub made it.
    func enrol(
        _ asked: CertificateRequest, key: PublicKey?, credentials: BasicCredentials?, peer: Peer
    ) async throws -> Outcome {
        let key = key ?? asked.publicKey
        if let certificate = peer.certificate {
            switch peer.role {
            case .admin, .plugin:
                guard let deviceID = asked.subject.commonNames.first else {
                    throw ESTError.badRequest("a registrar's request names the device in its CN")
                }
                return try await issue(deviceID, asked, key, reason: .request, peer: peer)
            case .iotdevice:
                return try await issue(certificate.subject.commonName, asked, key, reason: .renewal, peer: peer)
            case .none, .client, .service: break
            }
        }
        guard let credentials else {
            throw peer.certificate == nil ? .unauthorized : ESTError.forbidden("another certificate is needed")
        }
        return try await enrol(asked, key, credentials, peer)
    }

    /// Renewal with the certificate that is to be replaced; the subject must stay.
    func renew(_ asked: CertificateRequest, peer: Peer) async throws -> Outcome {
        guard let certificate = peer.certificate ?? peer.endedCertificate else { throw ESTError.unauthorized }
        guard let subject = try? SubjectName(certificate), subject == asked.subject else {
            throw ESTError.badRequest("the subject of the request is not that of the certificate")
        }
        let name = certificate.subject.commonName
        if peer.endedCertificate != nil {
            let claim = try issuer.claim(name)
            guard issuer.mayRenewLate(certificate, claim.device) else {
                throw ESTError.forbidden("the certificate has ended")
            }
            return try await issue(name, asked, asked.publicKey, reason: .lateRenewal, peer: peer)
        }
        switch peer.role {
        case .iotdevice:
            return try await issue(name, asked, asked.publicKey, reason: .renewal, peer: peer)
        case .client, .service:
            // A secret may have given a device this role.
            guard try !issuer.claim(name).isRefused else { throw ESTError.forbidden("the device was refused") }
            let names =
                certificate.dnsNames.map { .dns($0) } + certificate.addresses.map { SubjectAlternativeName.address($0) }
            return .issued(
                try await translating {
                    try await issuer.renew(
                        certificate, ou: peer.role.rawValue, publicKey: asked.publicKey, names: names,
                        by: peer.requester)
                })
        case .admin, .plugin, .none:
            throw ESTError.forbidden("certificates of this role are renewed by the operator")
        }
    }

    private func enrol(
        _ asked: CertificateRequest, _ key: PublicKey, _ credentials: BasicCredentials, _ peer: Peer
    ) async throws -> Outcome {
        guard let (deviceID, claim) = try known(credentials.user) else { throw ESTError.unauthorized }
        guard !claim.isRefused else { throw ESTError.forbidden("the device was refused") }
        let fingerprint = key.fingerprint
        if claim.lockedUntil == nil, let approved = claim.device?.approvedFingerprint, approved == fingerprint {
            return try await issue(deviceID, asked, key, claim, reason: .fingerprint, peer: peer)
        }
        guard let secret = claim.secret, issuer.registry.pairing(of: secret) != .spake2plus, claim.lockedUntil == nil
        else {
            return try await wait(deviceID, fingerprint, peer)
        }
        guard constantTimeEqual(secret.value, credentials.password) else {
            try await issuer.registry.countWrongGuess(deviceID, by: peer.requester)
            throw ESTError.unauthorized
        }
        if let bound = secret.boundKey, bound != fingerprint { return try await wait(deviceID, fingerprint, peer) }
        return try await issue(deviceID, asked, key, claim, reason: .secret(secret), peer: peer)
    }

    /// Basic splits at the first colon, so an ID with colons, as MAC addresses have, may be written with hyphens.
    private func known(_ user: String) throws -> (String, Claim)? {
        guard DeviceID.isValid(user) else { return nil }
        let literal = try issuer.claim(user)
        guard user.contains("-"), literal.device == nil, literal.secret == nil else { return (user, literal) }
        let colons = user.replacing("-", with: ":")
        let other = try issuer.claim(colons)
        return other.device == nil && other.secret == nil ? (user, literal) : (colons, other)
    }

    private func wait(_ deviceID: String, _ fingerprint: String, _ peer: Peer) async throws -> Outcome {
        let sighting = Sighting(address: peer.address, mac: "", fingerprint: fingerprint)
        let others = try await issuer.registry.recordPending(deviceID, sighting, by: peer.requester)
        return .pending(seconds: IDProv.pollSeconds(waiting: others.waiting))
    }

    private func issue(
        _ deviceID: String, _ asked: CertificateRequest, _ key: PublicKey, _ known: Claim? = nil,
        reason: EnrolmentReason, peer: Peer
    ) async throws -> Outcome {
        guard DeviceID.isValid(deviceID) else { throw ESTError.badRequest("the CN is no device ID") }
        // Silently rewriting a name would only be noticed much later (spec/enrolment.md 1.3).
        guard asked.subject.commonNames.allSatisfy({ DeviceID.isSame($0, deviceID) }) else {
            throw ESTError.forbidden("the CN of the request is not the device ID")
        }
        let claim = try known ?? issuer.claim(deviceID)
        guard !claim.isRefused else { throw ESTError.forbidden("the device was refused") }
        let sighting = Sighting(address: peer.address, mac: "", fingerprint: key.fingerprint)
        do {
            return .issued(
                try await translating {
                    try await issuer.enrol(
                        deviceID, claim: claim, publicKey: key, sighting: sighting, reason: reason,
                        names: asked.subjectAlternativeNames.filter { names.contains($0.kind) }, by: peer.requester)
                })
        } catch IssuingError.secretGone {
            return .pending(seconds: IDProv.pollSeconds(waiting: 0))
        } catch IssuingError.deviceRefused {
            throw ESTError.forbidden("the device was refused")
        }
    }

    private func translating(_ issue: () async throws -> Certificate) async throws -> Certificate {
        do {
            return try await issue()
        } catch IssuingError.keyNotAllowed {
            throw ESTError.badRequest("a key of this kind gets no certificate here")
        } catch IssuingError.nameNotAllowed {
            throw ESTError.badRequest("a name of the request is not for certificates of this kind")
        } catch IssuingError.tooManyCertificates(let seconds) {
            throw ESTError.tooMany(seconds: seconds)
        } catch IssuingError.authorityEnded {
            // Nothing changes before the operator has another one made.
            throw ESTError.unavailable(seconds: Int64(IDProv.waitingSecondsLimit))
        } catch let error as PKIError where error.step == .encodeAddress || error.step == .encodeName {
            throw ESTError.badRequest("a name of the request can't stand in a certificate")
        } catch let error as PKIError where error.step == .sign {
            throw ESTError.unavailable(seconds: 30)
        }
    }
}
