internal import Devices
internal import HubHTTP
package import Issuing
internal import Journal
internal import PKI
internal import Secrets
internal import Wire

/// Answers provisioning requests: `EnrolmentDecision` in the words of docs/protocols/idprov.md 5 and 6.
package struct Provisioning: Sendable {
    private let issuer: Issuer
    private let now: @Sendable () -> Int64

    /// Decides with an issuer's devices, secrets and authority.
    package init(issuer: Issuer, now: @escaping @Sendable () -> Int64) {
        self.issuer = issuer
        self.now = now
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
    /// - Throws: ``IDProvError/badRequest(_:)``; ``PairingError/pakeRequired``; store errors.
    func answer(_ request: ProvisionRequest, body: [UInt8], peer: Peer) async throws -> (Outcome, [UInt8]) {
        do {
            return try await decide(request, body: body, peer: peer)
        } catch DevicesError.deviceNameTaken {
            // Somebody else's name: nothing will change by asking again.
            return rejected()
        }
    }

    private func decide(_ request: ProvisionRequest, body: [UInt8], peer: Peer) async throws -> (Outcome, [UInt8]) {
        let attempt = EnrolmentAttempt(
            deviceID: request.deviceID, proof: proof(request, body, peer),
            key: try? PublicKey(pem: request.publicKeyPEM), mac: request.mac, by: peer.requester)
        let claim = try await issuer.claim(request.deviceID, from: attempt.requester.address)
        switch try await issuer.decide(attempt, claim: claim) {
        case .issue(.secret(let secret)):
            // The answer is signed under the reading that matched.
            let key = Signing.reading(of: request, body: body, secret: secret.value)?.key ?? secret.value
            return try await issue(attempt, claim, reason: .secret(secret), key: key)
        case .issue(let reason): return try await issue(attempt, claim, reason: reason, key: [])
        case .wait(let others): return waiting(others)
        case .lockedOut(.backOff(let seconds)): return waiting(0, seconds: seconds)
        // Clients of the original know no other word for it.
        case .lockedOut: return waiting(0, seconds: Int64(IDProv.waitingSecondsLimit))
        case .refuse(.pairingNeeded): throw PairingError.pakeRequired
        case .refuse: return rejected()
        }
    }

    private func proof(_ request: ProvisionRequest, _ body: [UInt8], _ peer: Peer) -> EnrolmentProof {
        if Self.isAuthorised(peer, for: request.deviceID) {
            return .certificate(peer.role == .iotdevice ? .renewal : .request)
        }
        if let ended = peer.endedCertificate, DeviceID.isSame(ended.subject.commonName, request.deviceID) {
            return .ended(ended)
        }
        return .plain { secret in Signing.reading(of: request, body: body, secret: secret.value) != nil }
    }

    /// Whether the client certificate alone is enough: admin and plugin for any device, a device for itself.
    private static func isAuthorised(_ peer: Peer, for deviceID: String) -> Bool {
        switch peer.role {
        case .admin, .plugin: true
        case .iotdevice: peer.isDevice(deviceID)
        case .none, .client, .service: false
        }
    }

    private func issue(
        _ attempt: EnrolmentAttempt, _ claim: Claim, reason: EnrolmentReason, key: [UInt8]
    ) async throws -> (Outcome, [UInt8]) {
        guard let publicKey = attempt.key else {
            throw IDProvError.badRequest("publicKeyPEM is not a usable public key")
        }
        do {
            let certificate = try await issuer.enrol(
                attempt.deviceID, claim: claim, publicKey: publicKey, sighting: attempt.sighting, reason: reason,
                by: attempt.requester)
            let answer = ProvisionResponse(
                retrySec: Int((certificate.notAfter - now()) / 2), status: .approved,
                caCert: issuer.authorities.anchorsPEM, clientCert: certificate.pem, signature: "")
            return (.approved, Signing.signed(answer, key: key))
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
}
