internal import Devices
internal import Encoding
internal import HTTPTypes
internal import HubHTTP
internal import Hummingbird
internal import Metrics
internal import NIOCore
internal import PKI
internal import Wire

/// `POST /api/devices/v1/authentication/auth_requests` (docs/protocols/mender.md 3): the only call without a token. The
/// signature is verified before anything is looked up.
struct DeviceAuthenticationRoute: Sendable {
    let identities: Identities
    let limiter: RequestLimiter
    private let refused = Counter(label: "latchkey_mender_auth_total", dimensions: [("outcome", "refused")])
    private let waiting = Counter(label: "latchkey_mender_auth_total", dimensions: [("outcome", "waiting")])
    private let accepted = Counter(label: "latchkey_mender_auth_total", dimensions: [("outcome", "accepted")])

    init(identities: Identities, limiter: RequestLimiter) {
        self.identities = identities
        self.limiter = limiter
    }

    func answer(_ request: Request, context: HubContext) async throws -> Response {
        if let seconds = limiter.refusal(for: context.peer.address) { throw MenderError.tooMany(seconds: seconds) }
        let body = [UInt8](buffer: try await request.body.collect(upTo: DeviceAuthentication.limit))
        let verified: AuthenticationRequest
        do {
            verified = try verify(body, request, context.peer)
        } catch {
            refused.increment()
            throw error
        }
        guard let token = try await identities.authenticate(verified, claims: DeviceTokenClaims.bytes(of:)) else {
            waiting.increment()
            throw MenderError.unauthorized("dev auth: unauthorized")
        }
        accepted.increment()
        return Response(
            status: .ok, headers: [.contentType: "application/jwt"],
            body: .init(byteBuffer: ByteBuffer(string: token)))
    }

    private func verify(
        _ body: [UInt8], _ request: Request, _ peer: Peer
    ) throws(MenderError) -> AuthenticationRequest {
        let message = try Self.read(body)
        let key = try Self.key(message.publicKey)
        guard let signature = request.headers[.menderSignature], !signature.isEmpty else {
            throw .badRequest("missing request signature header")
        }
        guard signature.utf8.count <= 2048, let bytes = Base64.decode(signature), key.verify(bytes, of: body) else {
            throw .unauthorized("signature verification failed")
        }
        let certified = peer.role == .iotdevice ? peer.certificate?.subject.commonName : nil
        return AuthenticationRequest(
            identity: message.identity, publicKey: key, tier: message.tier, certifiedDeviceID: certified,
            address: peer.address)
    }

    private static func read(_ body: [UInt8]) throws(MenderError) -> DeviceAuthentication {
        do throws(MessageError) {
            return try DeviceAuthentication(parsing: body)
        } catch {
            switch error {
            case .missingMember(let name):
                throw .badRequest("invalid auth request: \(name) must be provided")
            case .invalidMember: throw .badRequest("invalid auth request: id_data is no JSON object")
            default: throw .badRequest("failed to decode auth request: \(error)")
            }
        }
    }

    /// RSA of 2048 to 4096 bits, ECDSA on P-256 or P-384, Ed25519.
    static func key(_ pem: String) throws(MenderError) -> PublicKey {
        let key: PublicKey
        do throws(PKIError) {
            key = try PublicKey(pem: pem)
        } catch {
            throw .badRequest("invalid auth request: cannot decode public key")
        }
        guard AuthenticationRequest.takes(key.kind) else {
            throw .badRequest("invalid auth request: the public key is of a kind that is not taken")
        }
        return key
    }
}

extension DeviceTokenClaims {
    fileprivate static func bytes(of grant: DeviceTokenGrant) -> [UInt8] {
        DeviceTokenClaims(
            key: grant.key, device: grant.identity, issuedAt: grant.issuedAt, endsAt: grant.endsAt,
            nonce: SecureRandom.bytes(8)
        ).encoded()
    }
}
