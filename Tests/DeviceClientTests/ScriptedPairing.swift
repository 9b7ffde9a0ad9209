internal import Encoding
import HostilePeer
import PKI
import Synchronization
import Wire

/// The hub's side of a pairing under the test's control.
final class ScriptedPairing: Sendable {
    /// What it does wrong.
    enum Fault: String, CaseIterable, Sendable {
        case none, wrongSecret, fewIterations, shortSalt, otherSuite, otherAlgorithm, badShare, badMac, otherCA
        case otherChannel, waiting, backOff, locked, serverError
    }

    private struct State {
        var steps = 0
        var keys: PairingKeys?
        var context: [UInt8] = []
        var secrets: PairingSecrets?
        var deviceID = ""
    }

    let secret: String
    let fault: Fault
    private let state = Mutex(State())

    init(secret: String, fault: Fault = .none) {
        self.secret = secret
        self.fault = fault
    }

    /// Messages received.
    var steps: Int { state.withLock(\.steps) }

    func answer(
        _ request: PeerRequest, _ peer: PeerConnection, authority: TestAuthority, server: Certificate
    ) async throws {
        state.withLock { $0.steps += 1 }
        if request.headers["pake-session"] != nil { return try await finish(request, peer, authority) }
        switch try PairingRequest(parsing: request.body) {
        case .parameters(let deviceID, _, _, let pem):
            try await offer(request.body, deviceID, try PublicKey(pem: pem), peer, authority, server)
        case .share(_, let share): try await respond(share, peer)
        }
    }

    private func offer(
        _ body: [UInt8], _ deviceID: String, _ key: PublicKey, _ peer: PeerConnection, _ authority: TestAuthority,
        _ server: Certificate
    ) async throws {
        switch fault {
        case .waiting: return try await peer.answer(PairingOffer.waiting(retrySeconds: 7).encoded())
        case .backOff: return try await peer.answer(429, headers: ["Retry-After: 3"])
        case .locked: return try await peer.answer(423)
        case .serverError: return try await peer.answer(500)
        default: break
        }
        let salt = [UInt8](repeating: 9, count: fault == .shortSalt ? 15 : 16)
        let answer = PairingOffer.parameters(
            .init(
                session: Base64URL.encode([UInt8](repeating: 5, count: 16)),
                suite: fault == .otherSuite ? "SPAKE2+-P384" : SPAKE2Plus.suite,
                algorithm: fault == .otherAlgorithm ? "PBKDF2-HMAC-SHA1" : PairingOffer.algorithm,
                iterations: fault == .fewIterations ? 1 : 1000, salt: Base64URL.encode(salt),
                hubNonce: Base64URL.encode([UInt8](repeating: 6, count: 32)), hubID: "hub-test",
                binding: PairingOffer.binding, expiresSeconds: 60)
        ).encoded()
        let bound = PairingContext.bytes(
            request: body, response: answer, server: fault == .otherChannel ? [0] : server.der,
            authority: authority.certificate.der, publicKey: key.spki)
        let known = fault == .wrongSecret ? secret + "0" : secret
        let secrets = try? PairingSecrets(
            secret: Array(known.utf8), deviceID: deviceID, salt: salt, iterations: 1000)
        state.withLock { state in
            state.context = bound
            state.secrets = secrets
            state.deviceID = deviceID
        }
        try await peer.answer(answer)
    }

    private func respond(_ share: String, _ peer: PeerConnection) async throws {
        let (context, secrets, deviceID) = state.withLock { ($0.context, $0.secrets, $0.deviceID) }
        guard let secrets, let shareP = Base64URL.decode(share) else { return try await peer.answer(400) }
        let verifier = try SPAKE2Plus.Verifier(
            w0: secrets.w0, l: try secrets.l(),
            parties: .init(context: context, prover: deviceID, verifier: "hub-test"), shareP: shareP)
        state.withLock { $0.keys = verifier.keys }
        let shareV = fault == .badShare ? [UInt8](repeating: 4, count: 65) : verifier.shareV
        try await peer.answer(
            PairingProof(
                shareV: Base64URL.encode(shareV), confirmV: Base64URL.encode(verifier.keys.confirmV.copy)
            ).encoded())
    }

    private func finish(_ request: PeerRequest, _ peer: PeerConnection, _ authority: TestAuthority) async throws {
        guard let keys = state.withLock(\.keys),
            keys.confirmP.isEqual(to: Base64URL.decode(request.headers["pake-confirm"] ?? "") ?? []),
            PairingKeys.authenticate(request.body, key: keys.request).isEqual(
                to: Base64URL.decode(request.headers["pake-mac"] ?? "") ?? [])
        else { return try await peer.answer(403) }
        let asked = try ProvisionRequest(parsing: request.body)
        let issuer = fault == .otherCA ? try TestAuthority(name: "Other", now: ScriptedHub.now) : authority
        let certificate = try issuer.device(asked.deviceID, key: try PublicKey(pem: asked.publicKeyPEM))
        let body = ProvisionResponse(
            retrySec: 3600, status: .approved, caCert: issuer.certificate.pem, clientCert: certificate.pem
        ).canonical(blankSignature: true)
        let mac = PairingKeys.authenticate(body, key: keys.response)
        let shown = fault == .badMac ? [UInt8](repeating: 0, count: 32) : mac.copy
        try await peer.answer(headers: ["Pake-Mac: \(Base64URL.encode(shown))"], body)
    }
}
