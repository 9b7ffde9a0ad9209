package import Issuing
internal import PKI
package import Devices
package import Journal
package import Secrets
internal import Wire

/// Whether a device gets in: by the secret it waits for, by its key, or by a key of the update protocol.
package struct DeviceAdmission: Sendable {
    private let issuer: Issuer
    private let devices: Devices
    private let identities: Identities
    private let secrets: Secrets

    package init(issuer: Issuer, devices: Devices, identities: Identities, secrets: Secrets) {
        self.issuer = issuer
        self.devices = devices
        self.identities = identities
        self.secrets = secrets
    }

    /// What an approval rests on.
    package enum Proof: Sendable {
        /// The secret the device knows, and until when it may prove that: a date or time, empty for the hub's default.
        case secret([UInt8], validUntil: String)
        /// SHA-256 of its key, hexadecimal.
        case fingerprint(String)
    }

    package func approve(_ id: String, by proof: Proof, for requester: Requester) async throws {
        switch proof {
        case .secret(let value, let validUntil):
            let end = try secrets.validUntil(validUntil)
            try await devices.approve(
                id, secret: NewSecret(deviceID: id, value: value, validUntil: end), by: requester)
        case .fingerprint(let fingerprint):
            try await devices.approve(id, fingerprint: fingerprint, by: requester)
        }
    }

    /// Accepts a key of the update protocol.
    ///
    /// - Parameter fingerprint: of the key; `nil` for the only one that can be meant.
    package func accept(_ id: String, fingerprint: String?, by requester: Requester) async throws {
        guard let identity = try await identities.identity(ofDevice: id) else {
            _ = try await devices.device(id)
            throw AdministrationError.invalid(
                "\(id) has no key of the update protocol; a device that waits for a certificate is approved")
        }
        let key = try Self.key(of: identity, fingerprint: fingerprint)
        try await issuer.decide(identity.id, authSet: key.id, .accepted, by: requester)
    }

    /// Makes a device with a key of the update protocol that is accepted at its first request.
    ///
    /// - Parameters:
    ///   - identity: identity data as the device sends it, JSON.
    ///   - force: adds the key to a device of that identity instead of refusing.
    /// - Returns: the device's ID.
    package func preauthorize(
        identity: String, publicKeyPEM: String, force: Bool, by requester: Requester
    ) async throws -> String {
        guard let key = try? PublicKey(pem: publicKeyPEM), AuthenticationRequest.takes(key.kind) else {
            throw AdministrationError.invalid(
                "publicKeyPEM must be P-256, P-384, Ed25519, or RSA of 2048 to 4096 bits")
        }
        guard identity.utf8.count <= DeviceAuthentication.identityLimit,
            let data = try? DeviceAuthentication.canonicalIdentity(Array(identity.utf8))
        else { throw AdministrationError.invalid("identity must be a JSON object with at least one member") }
        let id = try await identities.preauthorize(data, publicKey: key, force: force, by: requester)
        guard let made = try await identities.identity(id) else { throw IdentityError.unknown }
        return made.deviceID
    }

    /// The key that is meant: of a fingerprint, or the only one that can be accepted.
    static func key(of identity: DeviceIdentity, fingerprint: String?) throws -> AuthSet {
        if let fingerprint {
            let digits = fingerprint.lowercased().filter { $0 != ":" && $0 != " " }
            guard let set = identity.authSets.first(where: { self.fingerprint(of: $0) == digits }) else {
                throw IdentityError.unknown
            }
            return set
        }
        let waiting = identity.authSets.filter { $0.status == .pending }
        let candidates = waiting.isEmpty ? identity.authSets : waiting
        guard candidates.count == 1 else {
            throw AdministrationError.invalid(
                candidates.isEmpty
                    ? "the device has no key" : "\(candidates.count) keys could be meant; name one by its fingerprint")
        }
        return candidates[0]
    }

    /// SHA-256 of a key, hexadecimal; empty when it can't be read.
    package static func fingerprint(of set: AuthSet) -> String {
        (try? PublicKey(pem: set.publicKey).fingerprint) ?? ""
    }
}
