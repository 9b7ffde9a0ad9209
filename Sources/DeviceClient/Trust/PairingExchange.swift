internal import Encoding
internal import PKI
internal import Transport
internal import Wire

/// SPAKE2+ pairing on the device's side (docs/protocols/secure-pairing.md): a fake hub gets one guess for each attempt
/// and learns nothing that it could search with afterwards.
struct PairingExchange {
    let exchange: ProvisioningExchange

    /// Pairs, and asks for the certificate under the key that comes of it.
    ///
    /// - Parameter authority: the CA certificates of the directory, which the pairing is bound to.
    /// - Throws: ``DeviceError/fakeHub(_:_:)`` with ``DeviceError/Forgery/wrongProof`` when the hub does not know the
    ///   secret.
    func run(
        _ session: inout HubSession, endpoint: HTTPSLocation, directory: ResolvedDirectory, authority: [Certificate]
    ) async throws(DeviceError) -> HubAnswer {
        let hub = session.hub
        let request = PairingRequest.parameters(
            deviceID: exchange.deviceID, suites: [SPAKE2Plus.suite],
            clientNonce: Base64URL.encode(SecureRandom.bytes(32)), publicKeyPEM: exchange.key.publicKey.pem()
        ).encoded()
        let offered = try await session.exchange(request, to: endpoint)
        if let pause = try pause(offered, hub) { return .waiting(seconds: pause) }
        let parameters: PairingOffer.Parameters
        switch try parsed(hub, { () throws(MessageError) in try PairingOffer(parsing: offered.body) }) {
        case .waiting(let seconds): return .waiting(seconds: ProvisioningExchange.bounded(seconds))
        case .parameters(let found): parameters = found
        }
        guard let server = session.chain.first else { throw .fakeHub(hub, .changedIdentity) }
        let context = PairingContext.bytes(
            request: request, response: offered.body, server: server.der, authority: authority[0].der,
            publicKey: exchange.key.publicKey.spki)
        let prover = try prover(parameters, hub)
        let share = PairingRequest.share(
            session: parameters.session, shareP: Base64URL.encode(prover.shareP)
        ).encoded()
        let answered = try await session.exchange(share, to: endpoint)
        if let pause = try pause(answered, hub) { return .waiting(seconds: pause) }
        let proof = try parsed(hub) { () throws(MessageError) in try PairingProof(parsing: answered.body) }
        let keys: PairingKeys
        do throws(PKIError) {
            keys = try prover.finish(
                .init(context: context, prover: exchange.deviceID, verifier: parameters.hubID),
                shareV: Base64URL.decode(proof.shareV) ?? [], confirmV: Base64URL.decode(proof.confirmV) ?? [])
        } catch {
            throw .fakeHub(hub, .wrongProof)
        }
        return try await provision(
            &session, session: parameters.session, keys: keys, directory: directory, authority: authority)
    }

    /// What was offered must be what the profile allows; else the hub could make guessing cheap, or the device work for
    /// ever.
    private func prover(
        _ parameters: PairingOffer.Parameters, _ hub: HubCandidate
    ) throws(DeviceError) -> SPAKE2Plus.Prover {
        guard parameters.suite == SPAKE2Plus.suite, parameters.algorithm == PairingOffer.algorithm,
            parameters.binding == PairingOffer.binding, let salt = Base64URL.decode(parameters.salt),
            Base64URL.decode(parameters.hubNonce)?.count == 32,
            (1...128).contains(parameters.hubID.utf8.count),
            (Base64URL.decode(parameters.session)?.count ?? 0) >= 16, (10...300).contains(parameters.expiresSeconds)
        else { throw .hubFault(hub, reason: "bad_params") }
        do throws(PKIError) {
            let secrets = try PairingSecrets(
                secret: exchange.secret, deviceID: exchange.deviceID, salt: salt, iterations: parameters.iterations)
            return try SPAKE2Plus.Prover(secrets)
        } catch {
            throw .hubFault(hub, reason: "bad_params")
        }
    }

    private func provision(
        _ session: inout HubSession, session name: String, keys: PairingKeys, directory: ResolvedDirectory,
        authority: [Certificate]
    ) async throws(DeviceError) -> HubAnswer {
        let hub = session.hub
        let body = exchange.unsigned(ownAddress: session.ownAddress)
        let headers = [
            (PairingHeader.session, name), (PairingHeader.confirm, Base64URL.encode(keys.confirmP.copy)),
            (PairingHeader.mac, Base64URL.encode(PairingKeys.authenticate(body, key: keys.request).copy)),
        ]
        let target = try exchange.location(directory.postProvisionRequest, hub)
        let answer = try await session.exchange(body, to: target, headers: headers)
        if let pause = try pause(answer, hub) { return .waiting(seconds: pause) }
        let mac = PairingKeys.authenticate(answer.body, key: keys.response)
        guard mac.isEqual(to: answer.header(PairingHeader.mac.lowercased()).flatMap(Base64URL.decode) ?? []) else {
            throw .fakeHub(hub, .wrongSignature)
        }
        let response = try parsed(hub) { () throws(MessageError) in try ProvisionResponse(parsing: answer.body) }
        guard response.status == .approved else { throw .rejected(hub) }
        return try exchange.approved(response, answer, session, directory: directory, authority: authority)
    }

    /// How long to wait when the hub does not want to hear us now; `nil` for an answer to go on with.
    private func pause(_ answer: HTTPExchangeResponse, _ hub: HubCandidate) throws(DeviceError) -> Int? {
        switch answer.status {
        case 200: return nil
        case 429, 503: return ProvisioningExchange.bounded(answer.header("retry-after").flatMap { Int($0) } ?? 5)
        case 423: return IDProv.waitingSecondsLimit
        default: throw .hubFault(hub, reason: "pairing answered with status \(answer.status)")
        }
    }

    private func parsed<Value>(
        _ hub: HubCandidate, _ parse: () throws(MessageError) -> Value
    ) throws(DeviceError) -> Value {
        do throws(MessageError) {
            return try parse()
        } catch {
            throw .hubFault(hub, reason: error.description)
        }
    }
}
