internal import Devices
internal import Encoding
internal import HTTPTypes
internal import HubHTTP
package import Issuing
package import Journal
internal import PKI
package import Secrets
internal import Synchronization
internal import Wire

/// SPAKE2+ pairing on the hub's side (docs/protocols/secure-pairing.md): a six-digit PIN is safe against anybody who
/// pretends to be the device, since every attempt is counted before its answer leaves.
package final class PairingService: Sendable {
    private let issuer: Issuer
    private let sessions = Mutex(PairingSessions())
    private let secrets: Secrets
    private let journal: Journal

    /// Pairs devices with an issuer's hub.
    package init(issuer: Issuer, secrets: Secrets, journal: Journal) {
        self.issuer = issuer
        self.secrets = secrets
        self.journal = journal
    }

    /// Steps 1 and 2.
    ///
    /// - Throws: ``PairingError``; store errors.
    func answer(_ body: [UInt8], context: HubContext) async throws -> [UInt8] {
        guard let request = try? PairingRequest(parsing: body) else { throw PairingError.badRequest }
        switch request {
        case .parameters(let deviceID, let suites, let nonce, let publicKeyPEM):
            guard suites.contains(SPAKE2Plus.suite) else { throw PairingError.unsupportedSuite }
            guard Base64URL.decode(nonce)?.count == 32, let key = try? PublicKey(pem: publicKeyPEM),
                let server = context.serverCertificate
            else { throw PairingError.badRequest }
            return try await offer(deviceID, key, body: body, server: server, peer: context.peer)
        case .share(let session, let share):
            guard let shareP = Base64URL.decode(share) else { throw PairingError.badShare }
            return try await answer(share: shareP, in: session, peer: context.peer)
        }
    }

    private func offer(
        _ deviceID: String, _ key: PublicKey, body: [UInt8], server: [UInt8], peer: Peer
    ) async throws -> [UInt8] {
        // The attempt would be counted, the secret spent, and nothing could be signed for it.
        guard !issuer.hasEnded else {
            return PairingOffer.waiting(retrySeconds: IDProv.waitingSecondsLimit).encoded()
        }
        let secret: OOBSecret
        switch try await decide(deviceID, key, peer) {
        case .issue(.pairing(let found)): secret = found
        // It needs no pairing: the plain request, which has no place for it here, gets the certificate.
        case .issue: return Self.waiting(others: 0)
        case .wait(let others): return Self.waiting(others: others)
        case .lockedOut(let gate): throw PairingError(gate)
        // This step has no word for a refusal (docs/protocols/secure-pairing.md section 5).
        case .refuse: return PairingOffer.waiting(retrySeconds: IDProv.waitingSecondsLimit).encoded()
        }
        let now = journal.steady()
        guard sessions.withLock({ $0.admit(peer.address, now: now) }) else { throw PairingError.busy }
        guard let record = try await secrets.pairingRecord(of: secret) else { return Self.waiting(others: 0) }
        let (name, hubID) = (Base64URL.encode(SecureRandom.bytes(16)), try await secrets.hubID())
        let answer = PairingOffer.parameters(
            .init(
                session: name, suite: SPAKE2Plus.suite, algorithm: PairingOffer.algorithm,
                iterations: record.iterations, salt: Base64URL.encode(record.salt),
                hubNonce: Base64URL.encode(SecureRandom.bytes(32)), hubID: hubID, binding: PairingOffer.binding,
                expiresSeconds: Int(PairingSessions.lifeSeconds))
        ).encoded()
        let bound = PairingContext.bytes(
            request: body, response: answer, server: server, authority: issuer.authorities.anchors[0].der,
            publicKey: key.spki)
        let session = PairingSession(
            deviceID: deviceID, isGuessable: secret.isGuessable, address: peer.address, publicKey: key, record: record,
            hubID: hubID, context: bound, expiresAt: now + PairingSessions.lifeSeconds)
        sessions.withLock { $0.insert(session, named: name) }
        return answer
    }

    private func decide(_ deviceID: String, _ key: PublicKey, _ peer: Peer) async throws -> EnrolmentDecision {
        let attempt = EnrolmentAttempt(deviceID: deviceID, proof: .pairingOffer, key: key, by: peer.requester)
        do {
            return try await issuer.decide(attempt, claim: try issuer.claim(deviceID, from: attempt.requester.address))
        } catch DevicesError.invalidDeviceID {
            throw PairingError.badRequest
        } catch DevicesError.deviceNameTaken {
            return .refuse(.device)
        }
    }

    private func answer(share shareP: [UInt8], in name: String, peer: Peer) async throws -> [UInt8] {
        guard let session = sessions.withLock({ $0.session(name, now: journal.steady()) }) else {
            throw PairingError.unknownSession
        }
        guard session.keys == nil else { throw PairingError.sessionUsed }
        try await check(session, peer)
        let parties = SPAKE2Plus.Parties(
            context: session.context, prover: session.deviceID, verifier: session.hubID)
        let verifier: SPAKE2Plus.Verifier
        do {
            verifier = try SPAKE2Plus.Verifier(
                w0: session.record.w0, l: session.record.l, parties: parties, shareP: shareP)
        } catch {
            sessions.withLock { $0.close(name) }
            throw PairingError.badShare
        }
        if session.isGuessable {
            guard try await secrets.countPairingAttempt(session.deviceID, by: peer.requester) else {
                try await check(session, peer)
                throw PairingError.tooManyAttempts(seconds: 1)
            }
        }
        guard sessions.withLock({ $0.answer(name, with: verifier.keys) }) else { throw PairingError.unknownSession }
        return PairingProof(
            shareV: Base64URL.encode(verifier.shareV), confirmV: Base64URL.encode(verifier.keys.confirmV.copy)
        ).encoded()
    }

    /// Step 3: the provisioning request of a pairing.
    ///
    /// - Returns: the answer's body, and the value of its `Pake-Mac`.
    /// - Throws: ``PairingError``; `IssuingError.keyNotAllowed` and the like.
    func provision(
        _ name: String, headers: HTTPFields, body: [UInt8], peer: Peer
    ) async throws -> (body: [UInt8], mac: String) {
        guard let session = sessions.withLock({ $0.session(name, now: journal.steady()) }),
            let keys = session.keys
        else {
            throw PairingError.unknownSession
        }
        // Whatever comes of it, a session ends with its third message.
        sessions.withLock { $0.close(name) }
        let isConfirmed = keys.confirmP.isEqual(to: Self.bytes(PairingHeader.confirm, headers))
        let mac = PairingKeys.authenticate(body, key: keys.request)
        let isAuthentic = mac.isEqual(to: Self.bytes(PairingHeader.mac, headers))
        guard [isConfirmed, isAuthentic] == [true, true] else { throw PairingError.confirmFailed }
        guard let request = try? ProvisionRequest(parsing: body) else { throw PairingError.badRequest }
        guard DeviceID.isSame(request.deviceID, session.deviceID),
            (try? PublicKey(pem: request.publicKeyPEM)) == session.publicKey
        else { throw PairingError.keyMismatch }
        let answer = try await issue(request, session, peer)
        return (answer, Base64URL.encode(PairingKeys.authenticate(answer, key: keys.response).copy))
    }

    private func issue(_ request: ProvisionRequest, _ session: PairingSession, _ peer: Peer) async throws -> [UInt8] {
        let attempt = EnrolmentAttempt(
            deviceID: session.deviceID, proof: .paired(salt: session.record.salt), key: session.publicKey,
            mac: request.mac, by: peer.requester)
        let claim = try await issuer.claim(session.deviceID, from: attempt.requester.address)
        guard case .issue(let reason) = try await issuer.decide(attempt, claim: claim) else {
            throw PairingError.unknownSession
        }
        do {
            let certificate = try await issuer.enrol(
                session.deviceID, claim: claim, publicKey: session.publicKey, sighting: attempt.sighting,
                reason: reason, by: attempt.requester)
            return ProvisionResponse(
                retrySec: Int((certificate.notAfter - journal.now()) / 2), status: .approved,
                caCert: issuer.authorities.anchorsPEM, clientCert: certificate.pem, signature: ""
            ).canonical(blankSignature: true)
        } catch IssuingError.secretGone, IssuingError.deviceRefused, DevicesError.deviceNameTaken {
            throw PairingError.unknownSession
        } catch IssuingError.authorityEnded {
            throw PairingError.busy
        }
    }

    private static func waiting(others: Int) -> [UInt8] {
        PairingOffer.waiting(retrySeconds: IDProv.pollSeconds(waiting: others)).encoded()
    }

    /// Whether a guess at what a session is about is still heard.
    private func check(_ session: PairingSession, _ peer: Peer) async throws {
        guard session.isGuessable else { return }
        let gate = try await secrets.pairingGate(session.deviceID, from: peer.requester.address)
        guard gate == .open else { throw PairingError(gate) }
    }

    private static func bytes(_ name: String, _ headers: HTTPFields) -> [UInt8] {
        HTTPField.Name(name).flatMap { headers[$0] }.flatMap(Base64URL.decode) ?? []
    }
}
