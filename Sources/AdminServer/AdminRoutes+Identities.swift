internal import AdminAPI
internal import Devices
internal import Encoding
internal import HubHTTP
internal import Hummingbird
internal import Issuing
internal import PKI
internal import Wire

extension AdminRoutes {
    /// Devices by their keys of the update protocol. Refusing, revoking and removing one is the same for all protocols:
    /// see ``addDevices(to:)``.
    func addIdentities(to group: RouterGroup<HubContext>) {
        group.serve(DeviceEndpoints.preauthorize) { asked in
            let wish = try await asked.body()
            guard let key = try? PublicKey(pem: wish.publicKeyPEM), AuthenticationRequest.takes(key.kind) else {
                throw AdminError.badRequest("publicKeyPEM must be P-256, P-384, Ed25519, or RSA of 2048 to 4096 bits")
            }
            guard wish.identity.utf8.count <= DeviceAuthentication.identityLimit,
                let data = try? DeviceAuthentication.canonicalIdentity(Array(wish.identity.utf8))
            else { throw AdminError.badRequest("identity must be a JSON object with at least one member") }
            let id = try await devices.preauthorize(
                data, publicKey: key, force: wish.force ?? false, by: asked.requester)
            guard let identity = try await devices.identity(id) else { throw IdentityError.unknown }
            return try await view(ofDevice: identity.deviceID)
        }
        group.serve(DeviceEndpoints.accept) { asked in
            let id = asked.parameters
            let acceptance = try await asked.body()
            guard let identity = try devices.identity(ofDevice: id) else {
                _ = try await devices.device(id)
                throw AdminError.badRequest(
                    "\(id) has no key of the update protocol; a device that waits for a certificate is approved")
            }
            let key = try Self.key(of: identity, fingerprint: acceptance.fingerprint)
            try await issuer.decide(identity.id, authSet: key.id, .accepted, by: asked.requester)
            return try await view(ofDevice: id)
        }
    }

    /// The key that is meant: of a fingerprint, or the only one that can be accepted.
    private static func key(of identity: DeviceIdentity, fingerprint: String?) throws -> AuthSet {
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
            throw AdminError.badRequest(
                candidates.isEmpty
                    ? "the device has no key" : "\(candidates.count) keys could be meant; name one by its fingerprint")
        }
        return candidates[0]
    }

    /// A device with its keys.
    func view(ofDevice id: String) async throws -> AdminDevice {
        try view(of: try await devices.device(id))
    }

    /// A device with its keys, where it has some.
    func view(of device: Device) throws -> AdminDevice {
        var view = AdminDevice(device)
        view.identity = try devices.identity(ofDevice: device.id).map { AdminIdentity($0) }
        return view
    }

    fileprivate static func fingerprint(of set: AuthSet) -> String {
        (try? PublicKey(pem: set.publicKey).fingerprint) ?? ""
    }
}

extension AdminIdentity {
    init(_ identity: DeviceIdentity) {
        self.init(
            id: identity.id, data: (try? JSONValue(parsing: Array(identity.data.utf8))) ?? .object([]),
            status: identity.status?.rawValue ?? "noauth", checkedInAt: identity.checkedInAt.map(RFC3339.text),
            keys: identity.authSets.map { set in
                AdminIdentityKey(
                    id: set.id, fingerprint: AdminRoutes.fingerprint(of: set),
                    status: identity.status(of: set).rawValue, firstSeen: RFC3339.text(set.createdAt))
            })
    }
}
