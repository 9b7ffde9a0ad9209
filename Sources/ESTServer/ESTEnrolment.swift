internal import Devices
internal import HubHTTP
internal import Issuing
internal import Journal
internal import PKI
internal import Secrets
internal import Wire

/// Who gets a certificate over EST (docs/protocols/enrolment.md 1.2 and 1.3): `EnrolmentDecision` in the words of EST.
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
        _ request: CertificateRequest, key: PublicKey?, credentials: BasicCredentials?, peer: Peer
    ) async throws -> Outcome {
        let key = key ?? request.publicKey
        if let certificate = peer.certificate {
            switch peer.role {
            case .admin, .plugin:
                guard let deviceID = request.subject.commonNames.first else {
                    throw ESTError.badRequest("a registrar's request names the device in its CN")
                }
                return try await certify(deviceID, request, key, .certificate(.request), peer)
            case .iotdevice:
                return try await certify(certificate.subject.commonName, request, key, .certificate(.renewal), peer)
            case .none, .client, .service: break
            }
        }
        guard let credentials else {
            throw peer.certificate == nil ? .unauthorized : ESTError.forbidden("another certificate is needed")
        }
        return try await enrol(request, key, credentials, peer)
    }

    /// Renewal with the certificate that is to be replaced; the subject must stay.
    func renew(_ request: CertificateRequest, peer: Peer) async throws -> Outcome {
        guard let certificate = peer.certificate ?? peer.endedCertificate else { throw ESTError.unauthorized }
        guard let subject = try? SubjectName(certificate), subject == request.subject else {
            throw ESTError.badRequest("the subject of the request is not that of the certificate")
        }
        let name = certificate.subject.commonName
        if peer.endedCertificate != nil {
            return try await settle(
                name, request, request.publicKey, try issuer.claim(name, from: peer.requester.address),
                proof: .endedAlone(certificate), peer: peer)
        }
        switch peer.role {
        case .iotdevice:
            return try await certify(name, request, request.publicKey, .certificate(.renewal), peer)
        case .client, .service:
            // A secret may have given a device this role.
            guard try await !issuer.claim(name).isRefused else { throw ESTError.forbidden("the device was refused") }
            let names =
                certificate.dnsNames.map { .dns($0) } + certificate.addresses.map { SubjectAlternativeName.address($0) }
            return .issued(
                try await translating {
                    try await issuer.renew(
                        certificate, ou: peer.role.rawValue, publicKey: request.publicKey, names: names,
                        by: peer.requester)
                })
        case .admin, .plugin, .none:
            throw ESTError.forbidden("certificates of this role are renewed by the operator")
        }
    }

    private func enrol(
        _ request: CertificateRequest, _ key: PublicKey, _ credentials: BasicCredentials, _ peer: Peer
    ) async throws -> Outcome {
        guard let (deviceID, claim) = try await known(credentials.user, peer) else { throw ESTError.unauthorized }
        let password = credentials.password
        return try await settle(
            deviceID, request, key, claim, proof: .plain { constantTimeEqual($0.value, password) }, peer: peer)
    }

    /// Basic splits at the first colon, so an ID with colons, as MAC addresses have, may be written with hyphens.
    private func known(_ user: String, _ peer: Peer) async throws -> (String, Claim)? {
        guard DeviceID.isValid(user) else { return nil }
        let address = peer.requester.address
        let literal = try await issuer.claim(user, from: address)
        guard user.contains("-"), literal.secret == nil, literal.device.map(Self.onlyAsked) ?? true else {
            return (user, literal)
        }
        let colons = user.replacing("-", with: ":")
        let other = try await issuer.claim(colons, from: address)
        // A record that was only asked for under the other spelling must not keep the device from its own.
        let isExpected = other.secret != nil || other.device.map { !Self.onlyAsked($0) } ?? false
        return isExpected || (literal.device == nil && other.device != nil) ? (colons, other) : (user, literal)
    }

    /// Whether all that is known of a device is that somebody asked in its name.
    private static func onlyAsked(_ device: Device) -> Bool {
        device.state == .pending && device.serial == nil && device.approvedFingerprint == nil
    }

    /// For a client whose certificate entitles it.
    private func certify(
        _ deviceID: String, _ request: CertificateRequest, _ key: PublicKey, _ proof: EnrolmentProof, _ peer: Peer
    ) async throws -> Outcome {
        guard DeviceID.isValid(deviceID) else { throw ESTError.badRequest("the CN is not a valid device ID") }
        let claim = try await issuer.claim(deviceID, from: peer.requester.address)
        return try await settle(deviceID, request, key, claim, proof: proof, peer: peer)
    }

    /// `EnrolmentDecision` in the words of EST.
    private func settle(
        _ deviceID: String, _ request: CertificateRequest, _ key: PublicKey, _ claim: Claim, proof: EnrolmentProof,
        peer: Peer
    ) async throws -> Outcome {
        let attempt = EnrolmentAttempt(deviceID: deviceID, proof: proof, key: key, by: peer.requester)
        var decision = try await issuer.decide(attempt, claim: claim)
        // EST has no word for it. The operator may still approve the key.
        if case .refuse(.pairingNeeded) = decision { decision = try await issuer.wait(attempt, claim: claim) }
        switch decision {
        case .issue(let reason): return try await issue(attempt, request, key, claim, reason: reason)
        case .wait(let others): return .pending(seconds: IDProv.pollSeconds(waiting: others))
        case .lockedOut(.backOff(let seconds)):
            return .pending(seconds: Int(min(max(seconds, 1), Int64(IDProv.waitingSecondsLimit))))
        case .lockedOut: return .pending(seconds: IDProv.waitingSecondsLimit)
        case .refuse(.wrongProof): throw ESTError.unauthorized
        case .refuse(.ended): throw ESTError.forbidden("the certificate has ended")
        case .refuse: throw ESTError.forbidden("the device was refused")
        }
    }

    private func issue(
        _ attempt: EnrolmentAttempt, _ request: CertificateRequest, _ key: PublicKey, _ claim: Claim,
        reason: EnrolmentReason
    ) async throws -> Outcome {
        let deviceID = attempt.deviceID
        // Silently rewriting a name would only be noticed much later (docs/protocols/enrolment.md 1.3).
        guard request.subject.commonNames.allSatisfy({ DeviceID.isSame($0, deviceID) }) else {
            throw ESTError.forbidden("the CN of the request is not the device ID")
        }
        do {
            return .issued(
                try await translating {
                    try await issuer.enrol(
                        deviceID, claim: claim, publicKey: key, sighting: attempt.sighting, reason: reason,
                        names: request.subjectAlternativeNames.filter { names.contains($0.kind) }, by: attempt.requester
                    )
                })
        } catch IssuingError.secretGone {
            return .pending(seconds: IDProv.pollSeconds(waiting: 0))
        }
    }

    private func translating(_ issue: () async throws -> Certificate) async throws -> Certificate {
        do {
            return try await issue()
        } catch let error as PKIError where error.step == .encodeAddress || error.step == .encodeName {
            throw ESTError.badRequest("a name of the request can't appear in a certificate")
        } catch let error as PKIError where error.step == .sign {
            throw ESTError.unavailable(seconds: 30)
        }
    }
}
