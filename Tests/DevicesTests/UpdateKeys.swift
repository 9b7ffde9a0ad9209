internal import Devices
internal import Journal
internal import JournalTestSupport
import PKI
internal import Store

/// Requests of devices for tokens of the update protocol.
extension DevicesRig {
    /// Asks for a token with a key, a new one unless given; `nil` when the device has to wait or was refused.
    func authenticate(
        _ identity: String, key: PrivateKey? = nil, certified: String? = nil, tier: String = "standard",
        address: String = "192.0.2.7"
    ) async throws -> String? {
        let request = AuthenticationRequest(
            identity: identity, publicKey: try (key ?? PrivateKey.makeP256()).publicKey, tier: tier,
            certifiedDeviceID: certified, address: address)
        return try await rooms.identities.authenticate(request) { _ in SecureRandom.bytes(16) }
    }

    /// The identity that calls itself so; `nil` when there is none.
    func identity(_ data: String) async throws -> DeviceIdentity? {
        try await rooms.identities.identities(status: [], ids: [], offset: 0, limit: 10_000).first {
            $0.data.utf8.elementsEqual(data.utf8)
        }
    }

    /// What the operator decides about the key of an identity, by its place.
    func decide(_ data: String, _ status: AuthSetStatus, place: Int = 0) async throws {
        let identity = try await identity(data)
        guard let identity, identity.authSets.indices.contains(place) else { throw IdentityError.unknown }
        try await rooms.identities.decide(identity.id, authSet: identity.authSets[place].id, status, by: .hub)
    }

    /// A device whose key the operator accepted, with its token.
    func join(_ data: String, key: PrivateKey, tier: String = "standard") async throws -> (
        record: String, token: String
    ) {
        _ = try await authenticate(data, key: key, tier: tier)
        try await decide(data, .accepted)
        guard let token = try await authenticate(data, key: key, tier: tier),
            let session = try await rooms.identities.session(deviceToken: token)
        else { throw IdentityError.unknown }
        return (session.deviceID, token)
    }

    /// Whether a token lets its device in.
    func counts(_ token: String) async throws -> Bool {
        try await rooms.identities.session(deviceToken: token) != nil
    }
}
