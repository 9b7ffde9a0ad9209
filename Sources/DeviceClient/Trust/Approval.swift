internal import Encoding
internal import PKI
internal import Transport
internal import Wire

/// What an authenticated hub granted.
struct Approval: Sendable {
    let identity: Identity
    let hub: HubCandidate
    let services: [String: String]
    /// The hub's time from the answer, Unix seconds.
    let hubTime: Int64?
    /// Whether the hub's certificate bears the mark that is its alone.
    let isMarked: Bool
    /// The certificate the hub showed.
    let server: Certificate
}

/// How a hub answered a provisioning request.
enum HubAnswer: Sendable {
    case approved(Approval)
    case waiting(seconds: Int)
    /// The hub offers no pairing, and the secret is too weak for anything else.
    case pairingUnavailable(seconds: Int)
}

/// One request with its answer, the same for first contact and renewal; who is believed differs and is decided by the
/// caller.
struct ProvisioningExchange {
    let deviceID: String
    let key: DeviceKey
    /// Empty for renewal and for trust on first use.
    let secret: [UInt8]
    let time: TimeKeeper

    /// Waiting times outside this are not followed: an unauthenticated answer must not put a device to sleep forever.
    private static let waiting = 1...IDProv.waitingSecondsLimit

    /// The request in canonical form, so that both readings of its signature agree (docs/protocols/idprov.md 7).
    func request(ownAddress: String) -> [UInt8] {
        var request = message(ownAddress)
        request.signature = Base64.encode(
            HMACSHA256.authenticate(request.canonical(blankSignature: true), key: secret))
        return request.canonical(blankSignature: false)
    }

    /// The request without a signature: its proof is in the headers of a pairing.
    func unsigned(ownAddress: String) -> [UInt8] {
        message(ownAddress).canonical(blankSignature: true)
    }

    private func message(_ ownAddress: String) -> ProvisionRequest {
        ProvisionRequest(
            deviceID: deviceID, ip: ownAddress.isEmpty ? "0.0.0.0" : ownAddress,
            mac: NetworkInterface.hardwareAddress(of: ownAddress) ?? "", publicKeyPEM: key.publicKey.pem())
    }

    /// A waiting time that may be followed.
    static func bounded(_ seconds: Int) -> Int {
        min(max(seconds == 0 ? IDProv.waitingSeconds : seconds, waiting.lowerBound), waiting.upperBound)
    }

    /// Posts the request and judges the answer.
    ///
    /// - Parameters:
    ///   - authority: the CA the certificate must come from.
    ///   - mayMove: whether the hub may name a successor of that CA, which the CA must have signed.
    func run(
        _ session: inout HubSession, directory: ResolvedDirectory, authority: [Certificate], mayMove: Bool = false
    ) async throws(DeviceError) -> HubAnswer {
        let hub = session.hub
        let target = try location(directory.postProvisionRequest, hub)
        try await session.connect(to: target)
        let answer = try await session.post(request(ownAddress: session.ownAddress), to: target)
        let response: ProvisionResponse
        do throws(MessageError) {
            response = try ProvisionResponse(parsing: answer.body)
        } catch {
            throw .hubFault(hub, reason: error.description)
        }
        switch response.status {
        case .rejected: throw .rejected(hub)
        case .waiting: return .waiting(seconds: Self.bounded(response.retrySec))
        case .approved: break
        }
        guard Verification.isSigned(response, body: answer.body, key: secret) else {
            throw .fakeHub(hub, .wrongSignature)
        }
        return try approved(
            response, answer, session, directory: directory, authority: authority, mayMove: mayMove)
    }

    /// Believes an approval whose origin was proved: the CA must be the one that was announced, the certificate ours.
    func approved(
        _ response: ProvisionResponse, _ answer: HTTPExchangeResponse, _ session: HubSession,
        directory: ResolvedDirectory, authority: [Certificate], mayMove: Bool = false
    ) throws(DeviceError) -> HubAnswer {
        let hub = session.hub
        let verification = Verification(deviceID: deviceID, publicKey: key.publicKey, hub: hub)
        let named = try verification.authority(response.caCert)
        guard
            named == authority
                || (mayMove
                    && Succession(pinned: authority, shown: session.chain).admits(named, at: time.now))
        else { throw .fakeHub(hub, .changedIdentity) }
        let identity = try verification.identity(response.clientCert, authority: named, time: time)
        guard let server = session.chain.first else { throw .fakeHub(hub, .changedIdentity) }
        return .approved(
            Approval(
                identity: identity, hub: hub, services: directory.services,
                hubTime: answer.header("date").flatMap(HTTPDate.unixSeconds), isMarked: session.isMarked,
                server: server))
    }

    func location(_ url: String, _ hub: HubCandidate) throws(DeviceError) -> HTTPSLocation {
        do throws(MessageError) {
            return try HTTPSLocation(parsing: url)
        } catch {
            throw .hubFault(hub, reason: error.description)
        }
    }
}

extension HubSession {
    /// Fetches and resolves the directory.
    mutating func directory(pinned: Bool) async throws(DeviceError) -> ResolvedDirectory {
        let answer = try await get(hub.location)
        do throws(MessageError) {
            return try Directory(parsing: answer.body).resolved(fetchedFrom: hub.location.url, pinned: pinned)
        } catch {
            if case .foreignEndpoint = error { throw .fakeHub(hub, .foreignEndpoint) }
            throw .hubFault(hub, reason: error.description)
        }
    }
}
