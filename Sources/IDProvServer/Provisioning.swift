internal import HubHTTP
package import Issuing
internal import PKI
internal import Registry
internal import Wire

/// Decides provisioning requests, in the order of spec/idprov.md 5.
package struct Provisioning: Sendable {
    private let issuer: Issuer

    /// Decides with an issuer's devices, secrets and authority.
    package init(issuer: Issuer) {
        self.issuer = issuer
    }

    /// What became of a request; the name is the label of a metric.
    enum Outcome: String, CaseIterable {
        case approved, waiting, rejected
    }

    /// Answers one request.
    ///
    /// - Parameters:
    ///   - body: the bytes as received: one reading of the signature covers them.
    ///   - peer: who sent it.
    /// - Throws: ``IDProvError/badRequest(_:)``; store errors.
    func answer(_ request: ProvisionRequest, body: [UInt8], peer: Peer) async throws -> (Outcome, [UInt8]) {
        do {
            return try await decide(request, body: body, peer: peer)
        } catch RegistryError.invalidDeviceID(let problem) {
            throw IDProvError.badRequest("the deviceID \(problem.message)")
        } catch RegistryError.deviceNameTaken {
            // Somebody else's name: nothing will change by asking again.
            return rejected()
        }
    }

    private func decide(_ request: ProvisionRequest, body: [UInt8], peer: Peer) async throws -> (Outcome, [UInt8]) {
        let claim = try issuer.claim(request.deviceID)
        if try isAuthorised(peer, for: request.deviceID) {
            guard !claim.isRefused else { return rejected() }
            let reason: EnrolmentReason = peer.role == .iotdevice ? .renewal : .request
            return try await issue(request, claim, reason: reason, key: [], peer: peer)
        }
        guard !claim.isRefused else { return rejected() }
        if let ended = peer.endedCertificate, DeviceID.isSame(ended.subject.commonName, request.deviceID),
            issuer.mayRenewLate(ended, claim.device)
        {
            return try await issue(request, claim, reason: .lateRenewal, key: [], peer: peer)
        }
        if let approved = claim.device?.approvedFingerprint,
            approved == (try? PublicKey(pem: request.publicKeyPEM))?.fingerprint
        {
            return try await issue(request, claim, reason: .fingerprint, key: [], peer: peer)
        }
        guard peer.endedCertificate == nil, let secret = claim.secret else {
            return try await wait(request, claim, peer: peer)
        }
        guard issuer.registry.pairing(of: secret) != .spake2plus else { throw PairingError.pakeRequired }
        if let until = claim.lockedUntil { return waiting(0, seconds: until - issuer.registry.now()) }
        guard let reading = Signing.reading(of: request, body: body, secret: secret.value) else {
            try await issuer.registry.countWrongGuess(request.deviceID, by: peer.requester)
            return rejected()
        }
        if let bound = secret.boundKey, bound != (try? PublicKey(pem: request.publicKeyPEM))?.fingerprint {
            return try await wait(request, claim, peer: peer)
        }
        return try await issue(request, claim, reason: .secret(secret), key: reading.key, peer: peer)
    }

    /// Whether the client certificate alone is enough: admin and plugin for any device, a device for itself.
    private func isAuthorised(_ peer: Peer, for deviceID: String) throws -> Bool {
        guard let certificate = peer.certificate, issuer.isValid(certificate) else { return false }
        switch peer.role {
        case .admin, .plugin: return true
        case .iotdevice: return DeviceID.isSame(certificate.subject.commonName, deviceID)
        case .none, .client, .service: return false
        }
    }

    private func issue(
        _ request: ProvisionRequest, _ claim: Claim, reason: EnrolmentReason, key: [UInt8], peer: Peer
    ) async throws -> (Outcome, [UInt8]) {
        guard let publicKey = try? PublicKey(pem: request.publicKeyPEM) else {
            throw IDProvError.badRequest("publicKeyPEM is no usable public key")
        }
        do {
            let certificate = try await issuer.enrol(
                request.deviceID, claim: claim, publicKey: publicKey, sighting: sighting(request, peer, publicKey),
                reason: reason, by: peer.requester)
            let answer = ProvisionResponse(
                retrySec: Int((certificate.notAfter - issuer.registry.now()) / 2), status: .approved,
                caCert: issuer.authorities.anchorsPEM, clientCert: certificate.pem, signature: "")
            return (.approved, Signing.signed(answer, key: key))
        } catch IssuingError.keyNotAllowed {
            throw IDProvError.badRequest("publicKeyPEM is of a kind this hub does not accept")
        } catch IssuingError.secretGone {
            return waiting(0)
        } catch IssuingError.deviceRefused {
            return rejected()
        } catch IssuingError.tooManyCertificates(let seconds) {
            return waiting(0, seconds: seconds)
        } catch IssuingError.authorityEnded {
            return waiting(0, seconds: Int64(IDProv.waitingSecondsLimit))
        }
    }

    private func wait(_ request: ProvisionRequest, _ claim: Claim, peer: Peer) async throws -> (Outcome, [UInt8]) {
        let publicKey = try? PublicKey(pem: request.publicKeyPEM)
        let isProven = peer.endedCertificate.map { DeviceID.isSame($0.subject.commonName, request.deviceID) } ?? false
        let outcome = try await issuer.registry.recordPending(
            request.deviceID, sighting(request, peer, publicKey), hasSecret: claim.secret != nil, isProven: isProven,
            by: peer.requester)
        guard outcome.isApproved else { return waiting(outcome.waiting) }
        // The window let it in just now: no reason to make it ask again.
        return try await issue(
            request, try issuer.claim(request.deviceID), reason: .fingerprint, key: [], peer: peer)
    }

    /// - Parameter seconds: when the next try may succeed, where that is known: guesses are not heard until then, say.
    private func waiting(_ others: Int, seconds: Int64? = nil) -> (Outcome, [UInt8]) {
        let pause = seconds.map { Int(min(max($0, 1), Int64(IDProv.waitingSecondsLimit))) }
        let answer = ProvisionResponse(
            retrySec: pause ?? IDProv.pollSeconds(waiting: others), status: .waiting, caCert: "", clientCert: "",
            signature: "")
        return (.waiting, answer.canonical(blankSignature: true))
    }

    private func rejected() -> (Outcome, [UInt8]) {
        let answer = ProvisionResponse(retrySec: 0, status: .rejected, caCert: "", clientCert: "", signature: "")
        return (.rejected, answer.canonical(blankSignature: true))
    }

    private func sighting(_ request: ProvisionRequest, _ peer: Peer, _ publicKey: PublicKey?) -> Sighting {
        Sighting(address: peer.address, mac: request.mac, fingerprint: publicKey?.fingerprint)
    }
}
